//! What people are told about a filter that is none.

use crate::select::{Fault, Filter, FilterError};

fn error(text: &str) -> FilterError {
    text.parse::<Filter>().unwrap_err()
}

/// The rendering of the error of each text, one after the other.
fn rendered(texts: &[&str]) -> String {
    let rendered: Vec<String> = texts.iter().map(|text| error(text).render()).collect();
    rendered.join("\n\n") + "\n"
}

#[test]
fn errors_show_their_place() {
    let rendered = rendered(&[
        "",
        "# nothing",
        "proto tcp and",
        "proto tcp dst port 443",
        "proto tpc",
        "dst prot 443",
        "colour = red",
        "src bytes > 1",
        "src or port 80",
        "in port 80",
        "port 70000",
        "src port 1.5",
        "bytes > 1x",
        "bytes ~ 5",
        "bps in [1 2]",
        "ip 10.0.0.0/8",
        "ip 10.0.0",
        "net 10.0.0.0",
        "net 10.0.0.0 255.0.255.0",
        "net 10.0.0.0/33",
        "ip > 10.0.0.1",
        "ip in [10.0.0.1 ten]",
        "port in [80 443",
        "port in []",
        "country CHE",
        "country or port 53",
        "country < CH",
        "end_reason = done",
        "src_as_name > x",
        "flags XY",
        "flags S/A",
        "icmp 8",
        "complete = maybe",
        "vlan is nil",
        "(port 80 or port 443",
        "port 80)",
        "a & b",
        "port 80 | port 443",
        "src_network = \"lab",
        "src_network = \"a\\x\"",
        "ip = 10.0.0.1; drop",
        "not",
    ]);
    assert_eq!(rendered, include_str!("errors.txt"));
}

#[test]
fn the_place_of_an_error_is_its_line_and_character() {
    let text = "proto tcp and # all\n\tsrc_network = \"zürich\" and dst prot 80";
    let error = error(text);
    assert_eq!((error.line(), error.column()), (2, 33));
    assert_eq!(&text[error.range()], "prot");
    assert_eq!(
        error.to_string(),
        "2:33: there is no \"prot\"; did you mean \"port\"?"
    );
    let place = "  2 |  src_network = \"zürich\" and dst prot 80\n    |                                 ^^^^";
    assert!(error.render().ends_with(place), "{}", error.render());
}

#[test]
fn a_long_line_is_shown_around_the_place() {
    let text = format!(
        "{}bytes 5 or dst prot 1{}",
        "port 1 or ".repeat(20),
        " or port 2".repeat(20)
    );
    assert_eq!(
        error(&text).render(),
        "\
there is no \"prot\"; did you mean \"port\"?
  1 | ...1 or port 1 or port 1 or port 1 or bytes 5 or dst prot 1 or port 2 or port 2 or port 2 or port 2 or ...
    |                                                      ^^^^"
    );
}

#[test]
fn what_would_not_show_is_not_shown() {
    let shown = error("port = \u{1b}[31m").render();
    assert!(!shown.contains('\u{1b}'), "{shown:?}");
    let long = error(&"x".repeat(1_000)).to_string();
    assert!(long.len() < 250, "{long}");
}

#[test]
fn slips_find_the_name_that_was_meant() {
    for (slip, name) in [
        ("prot", "proto"),
        ("src prot", "port"),
        ("pört", "none"),
        ("src_adr", "src_addr"),
        ("sorc_country", "src_country"),
        ("byte", "bytes"),
        ("DURATOIN", "duration"),
        ("icmp-tipe", "icmp_type"),
        ("scr", "src"),
        ("exportr", "exporter"),
        ("xyzzy", "none"),
    ] {
        let meant = match error(slip).fault() {
            Fault::UnknownName { meant, .. } => meant.unwrap_or("none"),
            _ => "none",
        };
        assert_eq!(meant, name, "{slip}");
    }
}
