//! The guide to the language says what is true, and everything.

use flow::Field;

use crate::select::{
    DEPTH_MAX, Filter, FilterError, LENGTH_MAX, LIST_MAX, Stage, TERMS_MAX, name, protocol,
};

const GUIDE: &str = include_str!("../../../../../docs/filters.md");

/// The lines of the guide's blocks of filters.
fn examples() -> impl Iterator<Item = &'static str> {
    let blocks = GUIDE.split("```").skip(1).step_by(2);
    let filters = blocks.filter_map(|block| block.strip_prefix("filter\n"));
    filters.flat_map(str::lines)
}

#[test]
fn every_example_is_a_filter() {
    let mut count = 0;
    for example in examples() {
        let read = example.parse::<Filter>();
        read.unwrap_or_else(|error: FilterError| panic!("{}", error.render()));
        count += 1;
    }
    assert!(count > 40, "{count} examples are found");
}

#[test]
fn every_name_is_in_it() {
    let fields = Field::ALL.into_iter().map(Field::name);
    for name in fields.chain(name::names()).chain(protocol::names()) {
        assert!(GUIDE.contains(&format!("`{name}`")), "{name}");
    }
}

#[test]
fn the_table_of_fields_is_the_registry() {
    for field in Field::ALL {
        let (name, kind, unit) = (field.name(), field.kind().name(), field.unit());
        let early = if Stage::Original.knows(field) {
            "yes"
        } else {
            ""
        };
        let row = format!(
            "\n| `{name}` | {kind} | {unit} | {early} | {} |\n",
            field.meaning()
        );
        assert!(GUIDE.contains(&row), "{row}");
    }
}

#[test]
fn the_limits_are_those_that_hold() {
    let with_comma = |limit: usize| format!("{},{:03}", limit / 1_000, limit % 1_000);
    let limits = format!(
        "{} octets, a filter {} terms, a list {} values, and parentheses and negations are nested at\nmost {DEPTH_MAX} deep",
        with_comma(LENGTH_MAX),
        with_comma(TERMS_MAX),
        with_comma(LIST_MAX),
    );
    assert!(GUIDE.contains(&limits), "{limits}");
}
