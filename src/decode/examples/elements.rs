//! Makes `src/elements/iana.csv` of IANA's registry "IP Flow Information Export (IPFIX)
//! Entities" in XML: `cargo run -p decode --example elements -- SOURCE < ipfix.xml >
//! src/decode/src/elements/iana.csv`. SOURCE says where the copy is from.
#![expect(clippy::print_stdout, reason = "it prints the file that it makes")]

use std::io::Read;

/// The text of the first element of a name; empty if there is none.
fn text<'a>(xml: &'a str, name: &str) -> &'a str {
    let (open, close) = (format!("<{name}>"), format!("</{name}>"));
    let inner = xml.split_once(&open).map_or("", |(_, rest)| rest);
    inner.split_once(&close).map_or("", |(text, _)| text).trim()
}

/// The line of a record; `None` for numbers that are reserved or not assigned.
fn line(record: &str) -> Option<Result<String, String>> {
    let columns = [
        "elementId",
        "name",
        "dataType",
        "dataTypeSemantics",
        "units",
        "status",
    ];
    let columns = columns.map(|name| text(record, name));
    let [id, name, kind, ..] = columns;
    if kind.is_empty() {
        return None;
    }
    let plain = |text: &str| !text.contains([',', '"', '\n', '<', '&', '#']);
    let good = id.parse::<u16>().is_ok() && !name.is_empty() && columns.into_iter().all(plain);
    let line = columns.join(",");
    Some(if good { Ok(line) } else { Err(line) })
}

fn main() -> Result<(), String> {
    let source = std::env::args()
        .nth(1)
        .ok_or("the source of the copy is missing")?;
    let mut xml = String::new();
    std::io::stdin()
        .read_to_string(&mut xml)
        .map_err(|error| error.to_string())?;
    let registry = xml
        .split_once("<registry id=\"ipfix-information-elements\">")
        .ok_or("the registry of information elements is not there")?
        .1;
    let registry = registry.split("<registry ").next().unwrap_or_default();
    println!(
        "# IANA, IPFIX Information Elements, updated {}",
        text(&xml, "updated")
    );
    println!("# Copy: {source}");
    println!("# Made by the example `elements`; not to be edited.");
    println!("id,name,type,semantics,units,status");
    for record in registry.split("<record").skip(1) {
        match line(record) {
            Some(Ok(line)) => println!("{line}"),
            Some(Err(line)) => return Err(format!("not an element: {line}")),
            None => {}
        }
    }
    Ok(())
}
