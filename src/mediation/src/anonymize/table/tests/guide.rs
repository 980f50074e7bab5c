//! The guide to policies says what is true of methods, and everything.

use flow::{Field, Method};

const GUIDE: &str = include_str!("../../../../../../docs/anonymization-policy.md");

/// The cells of the tables' rows.
fn rows() -> impl Iterator<Item = Vec<&'static str>> {
    let rows = GUIDE.lines().filter_map(|line| line.strip_prefix("| "));
    rows.map(|row| row.trim_end_matches(" |").split(" | ").collect())
}

/// The names in a cell.
fn names(cell: &str) -> Vec<&str> {
    cell.split('`').skip(1).step_by(2).collect()
}

/// Rows of the table of fields: fields, and their methods.
fn methods_of_fields() -> Vec<(&'static str, Vec<&'static str>)> {
    let rows = rows()
        .skip_while(|row| *row != ["fields", "methods"])
        .skip(1);
    let rows = rows.take_while(|row| row.len() == 2);
    rows.map(|row| (row[0], names(row[1]))).collect()
}

#[test]
fn every_field_has_the_methods_of_the_table() {
    let table = methods_of_fields();
    let (rest, named) = table.split_last().unwrap();
    assert_eq!(rest.0, "all others");
    for field in Field::ALL {
        let mut rows = named
            .iter()
            .filter(|(fields, _)| names(fields).contains(&field.name()));
        let (_, said) = rows.next().unwrap_or(rest);
        let methods = Method::of_field(field).iter();
        let methods: Vec<&str> = methods.map(|method| method.name()).collect();
        assert_eq!(*said, methods, "{}", field.name());
        assert_eq!(rows.next(), None, "{} has one row", field.name());
    }
}

#[test]
fn every_method_has_its_row_with_the_numbers_of_ipfix() {
    for method in Method::ALL {
        let stability = method.stability();
        let expected = [
            format!("`{}`", method.name()),
            method.technique().to_string(),
            stability.name().to_owned(),
            stability.flags().to_string(),
            if method.needs_key() { "yes" } else { "no" }.to_owned(),
        ];
        let found = rows().any(|row| row.len() == 6 && row[..5] == expected);
        assert!(found, "{expected:?}");
    }
    let with_keys = rows().filter(|row| row.len() == 6 && ["yes", "no"].contains(&row[4]));
    assert_eq!(with_keys.count(), Method::ALL.len(), "and no other has");
}
