//! What bounds a filter.

use super::support::filter;
use crate::select::{DEPTH_MAX, Fault, Filter, LENGTH_MAX, LIST_MAX, TERMS_MAX};

fn fault(text: &str) -> Fault {
    text.parse::<Filter>().unwrap_err().fault().clone()
}

#[test]
fn a_text_has_at_most_its_octets() {
    let text = format!("any{}", " ".repeat(LENGTH_MAX - 3));
    assert!(text.parse::<Filter>().is_ok());
    let octets = LENGTH_MAX + 1;
    assert_eq!(fault(&format!("{text} ")), Fault::TooLong { octets });
    // A character across the limit does not tear.
    let wide = format!("{}é", "x".repeat(LENGTH_MAX - 1));
    let error = wide.parse::<Filter>().unwrap_err();
    assert_eq!(error.range(), LENGTH_MAX - 1..LENGTH_MAX + 1);
    assert!(error.render().len() < 300, "{}", error.render());
}

#[test]
fn a_filter_has_at_most_its_terms() {
    let terms = |count: usize| vec!["ipv4"; count].join(" or ");
    assert!(terms(TERMS_MAX).parse::<Filter>().is_ok());
    assert_eq!(fault(&terms(TERMS_MAX + 1)), Fault::TooManyTerms);
}

#[test]
fn parentheses_and_negations_are_nested_to_a_depth() {
    for (open, close, depth) in [("(", ")", 1), ("not ", "", 1), ("!", "", 1), ("!(", ")", 2)] {
        let nested = |times: usize| format!("{}any{}", open.repeat(times), close.repeat(times));
        let deepest = filter(&nested(DEPTH_MAX / depth));
        assert!(deepest.compile::<flow::OriginalFlow>().is_ok());
        assert_eq!(
            fault(&nested(DEPTH_MAX / depth + 1)),
            Fault::TooDeep,
            "{open}"
        );
        let endless = open.repeat(LENGTH_MAX / open.len());
        assert_eq!(fault(&endless), Fault::TooDeep, "{open}");
    }
    // What stands side by side is not nested.
    let flat = vec!["(not any)"; 1_000].join(" or ");
    assert!(flat.parse::<Filter>().is_ok());
}

#[test]
fn a_list_has_at_most_its_values() {
    let list = |count: usize| format!("port in [{}]", "1 ".repeat(count));
    assert!(list(LIST_MAX).parse::<Filter>().is_ok());
    let text = list(LIST_MAX + 1);
    let error = text.parse::<Filter>().unwrap_err();
    assert_eq!(error.fault(), &Fault::ListTooLong);
    let place = text.rfind('1').unwrap();
    assert_eq!(error.range(), place..place + 1);
}
