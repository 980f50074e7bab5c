//! The report for people: what matters most first, then the tables behind it.

use std::io::{self, Write};

use flow::Civil;
use mediation::privacy::{
    Anchors, Attack, Choice, Declared, Family, Lasting, Level, Report, Round, Uniqueness, share,
};

use super::Surveyed;
use crate::cli::grid::Grid;
use crate::cli::safe::shown;

/// Characters of a line of prose.
const LINE: usize = 98;

pub(super) fn text(surveyed: &Surveyed) -> io::Result<Vec<u8>> {
    let mut out = Vec::new();
    let report = &surveyed.report;
    head(&mut out, surveyed)?;
    findings(&mut out, surveyed)?;
    if report.flows > 0 {
        fields(&mut out, report)?;
        uniqueness(&mut out, report)?;
        addresses(&mut out, &report.anchors, &report.lasting)?;
        attack(&mut out, report)?;
        presets(&mut out, report)?;
    }
    writeln!(out)?;
    let seed = report.seed;
    let about = format!(
        "What each number means and does not mean: docs/privacy-report.md. What is left to chance \
         follows from the seed {seed}."
    );
    prose(&mut out, "", &about)?;
    Ok(out)
}

fn head(out: &mut Vec<u8>, surveyed: &Surveyed) -> io::Result<()> {
    let report = &surveyed.report;
    let (dataset, segments) = (shown(&surveyed.dataset), surveyed.segments);
    writeln!(out, "Privacy report of {dataset}")?;
    let s = if segments == 1 { "" } else { "s" };
    write!(out, "{} flows in {segments} segment{s}", report.flows)?;
    if let (Some(first), Some(last)) = (report.first_ms, report.last_ms) {
        write!(out, ", begun from {} to {}", time(first), time(last))?;
    }
    writeln!(out)?;
    for declared in &report.declarations {
        writeln!(out, "{}", policy(declared))?;
    }
    Ok(())
}

fn policy(declared: &Declared) -> String {
    let Some(name) = &declared.policy else {
        return format!("no policy is declared: {} flows", declared.flows);
    };
    let mut text = format!("policy {}", shown(name));
    for (what, value) in [("key", &declared.key_id), ("epoch", &declared.epoch)] {
        if let Some(value) = value {
            text.push_str(&format!(", {what} {}", shown(value)));
        }
    }
    format!("{text}: {} flows", declared.flows)
}

fn time(millis: i64) -> String {
    Civil::from_millis(millis).whole_seconds().to_string()
}

fn findings(out: &mut Vec<u8>, surveyed: &Surveyed) -> io::Result<()> {
    writeln!(out, "\nFindings (!: something to do about)")?;
    let number = surveyed.damaged.len() as u64 + surveyed.damaged_beyond;
    if number > 0 {
        let damage = format!(
            "{number} {} damaged and not in this report, with {} flows or more: {}",
            if number == 1 {
                "part of the dataset is"
            } else {
                "parts of the dataset are"
            },
            surveyed.flows_lost,
            surveyed
                .damaged
                .iter()
                .map(|damaged| format!("{}: {}", damaged.file, damaged.error))
                .collect::<Vec<_>>()
                .join("; ")
        );
        prose(out, "! ", &damage)?;
    }
    for finding in &surveyed.report.findings {
        let mark = match finding.level {
            Level::Warning => "! ",
            Level::Note => "- ",
        };
        prose(out, mark, &finding.text)?;
    }
    Ok(())
}

/// A sentence in lines, the first of which has a mark before it.
fn prose(out: &mut Vec<u8>, mark: &str, text: &str) -> io::Result<()> {
    let margin = if mark.is_empty() { "" } else { "  " };
    let mut line = format!("{margin}{mark}");
    let mut is_new = true;
    for word in shown(text).split(' ') {
        let width = line.chars().count() + 1 + word.chars().count();
        if !is_new && width > LINE {
            writeln!(out, "{line}")?;
            line = format!("{margin}{}", " ".repeat(mark.len()));
            is_new = true;
        }
        if !is_new {
            line.push(' ');
        }
        line.push_str(word);
        is_new = false;
    }
    writeln!(out, "{line}")
}

fn section(out: &mut Vec<u8>, title: &str, about: &str) -> io::Result<()> {
    writeln!(out, "\n{title}")?;
    prose(out, "", about)
}

fn fields(out: &mut Vec<u8>, report: &Report) -> io::Result<()> {
    let about = "For each field with values: what was declared to be done to it, and what is seen.";
    section(out, "1. What leaves", about)?;
    let mut grid = Grid::new(["field", "declared", "without", "values", "odd"]);
    let (with, without): (Vec<_>, Vec<_>) = report
        .fields
        .iter()
        .partition(|field| field.nulls < report.flows);
    for field in with {
        let about = if field.distinct_exact { "" } else { "about " };
        grid.push([
            field.name,
            field.declared.as_deref().unwrap_or(field.method),
            &percent(field.nulls, report.flows),
            &format!("{about}{}", field.distinct),
            &if field.odd == 0 {
                String::new()
            } else {
                field.odd.to_string()
            },
        ]);
    }
    grid.write(out)?;
    if !without.is_empty() {
        let names: Vec<&str> = without.iter().map(|field| field.name).collect();
        prose(
            out,
            "",
            &format!("Without any value: {}.", names.join(", ")),
        )?;
    }
    Ok(())
}

fn uniqueness(out: &mut Vec<u8>, report: &Report) -> io::Result<()> {
    let about = "How many flows, or addresses, are the only ones with these values together (k = 1), \
                 or are in groups of fewer than 5, 10, or 100. What is comparable \
                 can be compared with other records of the same flows; what is not was changed with a \
                 key or by chance.";
    section(out, "2. Who is alone", about)?;
    let header = [
        "with",
        "of",
        "groups",
        "k = 1",
        "k < 5",
        "k < 10",
        "k < 100",
        "comparable",
        "counted",
    ];
    let mut grid = Grid::new(header);
    for one in &report.uniqueness {
        let Some(seen) = one.views.first() else {
            continue;
        };
        let found = &seen.anonymity;
        let part = |part| percent(part, found.total);
        let compared = match (seen.is_left, seen.comparable) {
            (false, _) => "nothing is left",
            (true, true) => "yes",
            (true, false) => "no",
        };
        let counted = match found.one_in {
            1 => "all".to_owned(),
            one_in => format!("1 in {one_in}"),
        };
        grid.push([
            one.name,
            one.of,
            &found.groups.to_string(),
            &part(found.unique),
            &part(found.below_5),
            &part(found.below_10),
            &part(found.below_100),
            compared,
            &counted,
        ]);
    }
    grid.write(out)?;
    for one in &report.uniqueness {
        let made_of = format!("{}: {}", one.name, one.fields.join(", "));
        prose(out, "* ", &made_of)?;
    }
    Ok(())
}

fn addresses(out: &mut Vec<u8>, anchors: &Anchors, lasting: &Lasting) -> io::Result<()> {
    let about = "How long addresses are seen, and which give away what they stand for (RFC 6235, \
                 7.2.5).";
    section(out, "3. Addresses", about)?;
    let mut grid = Grid::new(["what", "addresses", "of all"]);
    let all = lasting.addresses;
    for (what, count) in [
        ("all", all),
        ("in one flow alone", lasting.once),
        ("seen for an hour or longer", lasting.an_hour),
        ("seen for a day or longer", lasting.a_day),
        ("group or broadcast by their traffic", anchors.groups),
        ("name server by their traffic", anchors.name_servers),
        ("hub by their traffic", anchors.hubs),
        ("exporter", anchors.exporters),
        ("exporter, and in flows too", anchors.exporters_in_flows),
    ] {
        grid.push([what, &count.to_string(), &percent(count, all)]);
    }
    for special in &anchors.special {
        let what = format!("{}, as they stand", special.block);
        let count = special.addresses;
        grid.push([what.as_str(), &count.to_string(), &percent(count, all)]);
    }
    grid.write(out)?;
    if lasting.one_in > 1 {
        let sampled = format!(
            "One in {} addresses was looked at, and what was counted multiplied.",
            lasting.one_in
        );
        prose(out, "", &sampled)?;
    }
    for known in &anchors.known {
        let said = format!(
            "Whoever knows what these {} {} addresses stand for knows {:.2} bits of the others on \
             average.",
            known.anchors, known.family, known.bits_mean
        );
        prose(out, "", &said)?;
    }
    Ok(())
}

fn attack(out: &mut Vec<u8>, report: &Report) -> io::Result<()> {
    let about = "An attacker sends flows to addresses, by chance or to the best there are, and looks \
                 for them in the dataset. Bits are those of other addresses that he knows then.";
    section(out, "4. What an attacker learns who sends flows", about)?;
    let attack = report
        .attacks
        .first()
        .and_then(|found| found.attack.as_ref());
    let Some(attack) = attack else {
        return writeln!(
            out,
            "  No address leaves: there is nothing to learn of other hosts."
        );
    };
    attack_table(out, attack)
}

fn attack_table(out: &mut Vec<u8>, attack: &Attack) -> io::Result<()> {
    let marks = |marks: &[&str]| match marks {
        [] => "nothing".to_owned(),
        marks => marks.join(", "),
    };
    let said = format!(
        "He looks for {}; and not for {}. Addresses are those of {}.",
        marks(&attack.marks),
        marks(&attack.marks_aside),
        attack.field
    );
    prose(out, "", &said)?;
    let header = [
        "family", "flows", "to", "seen", "mean", "p10", "median", "p90", "p99", "whole",
    ];
    let mut grid = Grid::new(header);
    for family in &attack.families {
        for round in &family.rounds {
            grid.push(round_row(family, round));
        }
    }
    if grid.len() > 0 {
        grid.write(out)?;
    }
    for family in &attack.families {
        let said = match (family.known_without, family.rounds.is_empty()) {
            (0, false) => continue,
            (0, true) if attack.tells == "sameness" => format!(
                "{}: no address has anything in common with others: none tells of another.",
                family.name
            ),
            (0, true) => format!("{}: too few addresses for an attack.", family.name),
            (known, _) => format!(
                "{}: {known} of {} bits of each address are known without any attack.",
                family.name, family.width
            ),
        };
        prose(out, "", &said)?;
    }
    Ok(())
}

fn round_row(family: &Family, round: &Round) -> [String; 10] {
    let choice = match round.choice {
        Choice::Chance => "chance",
        Choice::Best => "best",
    };
    [
        family.name.to_owned(),
        round.flows.to_string(),
        choice.to_owned(),
        format!("{:.1}", round.recognized),
        format!("{:.2}", round.bits_mean),
        round.bits_p10.to_string(),
        round.bits_median.to_string(),
        round.bits_p90.to_string(),
        round.bits_p99.to_string(),
        format!("{:.3} %", round.whole * 100.0),
    ]
}

fn presets(out: &mut Vec<u8>, report: &Report) -> io::Result<()> {
    let about = "What is alone (k = 1) as it is, and if the flows had passed through a stricter \
                 preset too; and what the attacker would know then, sending to the best addresses.";
    section(out, "5. Under stricter presets", about)?;
    let names = || report.attacks.iter().map(|attacked| attacked.policy);
    let mut grid = Grid::new(["alone with", "of"].into_iter().chain(names()));
    for one in &report.uniqueness {
        grid.push(alone(one));
    }
    grid.write(out)?;
    let mut grid = Grid::new(["bits known", "flows"].into_iter().chain(names()));
    for (family, flows) in rounds(report) {
        let mean = |attack: Option<&Attack>| mean(attack, family, flows).unwrap_or_default();
        let means = report
            .attacks
            .iter()
            .map(|found| mean(found.attack.as_ref()));
        let row = [family.to_owned(), flows.to_string()].into_iter();
        grid.push(row.chain(means));
    }
    if grid.len() > 0 {
        writeln!(out)?;
        grid.write(out)?;
    }
    for taken in &report.presets {
        let list = |names: &[&str]| match names {
            [] => "none".to_owned(),
            names => names.join(", "),
        };
        let said = format!(
            "{}: without a value would be {}; changed {}.",
            taken.policy,
            list(&taken.nulled),
            list(&taken.changed)
        );
        prose(out, "", &said)?;
    }
    Ok(())
}

fn alone(one: &Uniqueness) -> Vec<String> {
    let share = one.views.iter().map(|seen| {
        if seen.is_left {
            percent(seen.anonymity.unique, seen.anonymity.total)
        } else {
            "nothing is left".to_owned()
        }
    });
    let names = [one.name.to_owned(), one.of.to_owned()];
    names.into_iter().chain(share).collect()
}

/// Families and numbers of flows that were tried under any policy.
fn rounds(report: &Report) -> Vec<(&'static str, usize)> {
    let mut found = Vec::new();
    let attacks = report
        .attacks
        .iter()
        .filter_map(|found| found.attack.as_ref());
    for family in attacks.flat_map(|attack| &attack.families) {
        for round in &family.rounds {
            if !found.contains(&(family.name, round.flows)) {
                found.push((family.name, round.flows));
            }
        }
    }
    found.sort_unstable();
    found
}

fn mean(attack: Option<&Attack>, family: &str, flows: usize) -> Option<String> {
    let Some(attack) = attack else {
        return Some("no address".to_owned());
    };
    let family = attack.families.iter().find(|found| found.name == family)?;
    let mut rounds = family.rounds.iter();
    let round = rounds.find(|round| round.flows == flows && round.choice == Choice::Best);
    Some(match round {
        Some(round) => format!("{:.2}", round.bits_mean),
        None if family.known_without > 0 => family.known_without.to_string(),
        None => return None,
    })
}

/// A part in hundredths, such that little is not nothing and much is not all.
fn percent(part: u64, whole: u64) -> String {
    match share(part, whole) * 100.0 {
        _ if part == 0 => "0".to_owned(),
        little if little < 0.1 => "< 0.1 %".to_owned(),
        much if much > 99.9 && part < whole => "> 99.9 %".to_owned(),
        part => format!("{part:.1} %"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn little_is_not_nothing_and_much_is_not_all() {
        let said = [(0, 5), (1, 10_000), (1, 8), (9_999, 10_000), (5, 5), (0, 0)]
            .map(|(part, whole)| percent(part, whole));
        assert_eq!(said, ["0", "< 0.1 %", "12.5 %", "> 99.9 %", "100.0 %", "0"]);
    }

    #[test]
    fn prose_is_in_short_lines_and_steers_no_terminal() {
        let mut out = Vec::new();
        prose(
            &mut out,
            "! ",
            &format!("\u{1b}[2J {}", "word ".repeat(40).trim_end()),
        )
        .unwrap();
        let text = String::from_utf8(out).unwrap();
        assert!(text.starts_with("  ! \\u{1b}[2J word word"), "{text}");
        assert!(text.lines().count() == 3 && text.lines().all(|line| line.len() <= LINE));
        assert!(
            text.lines()
                .skip(1)
                .all(|line| line.starts_with("    word"))
        );
        assert_eq!(text.matches("word").count(), 40);
    }
}
