//! The most important of a report, in words.

use std::fmt::Write;

use flow::Field;
use serde::Serialize;

use super::attack::{Attack, Choice, Family, Round};
use super::declaration::Declaration;
use super::groups::share;
use super::report::{Report, Taken, Uniqueness};

/// A sentence about a dataset.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Finding {
    /// Whether somebody should do something about it.
    pub level: Level,
    /// What it is about; programs may rest on it.
    pub code: &'static str,
    /// The sentence.
    pub text: String,
}

/// Whether somebody should do something about a finding.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Level {
    /// He should.
    Warning,
    /// It is good to know.
    Note,
}

/// How many flows the attacker of the summary sends.
const SUMMARY_FLOWS: usize = 100;
/// From which share on flows that are alone are worth a warning.
const UNIQUE_WARNING: f64 = 0.05;

impl Finding {
    fn warning(code: &'static str, text: impl Into<String>) -> Self {
        Self {
            level: Level::Warning,
            code,
            text: text.into(),
        }
    }

    fn note(code: &'static str, text: impl Into<String>) -> Self {
        Self {
            level: Level::Note,
            code,
            text: text.into(),
        }
    }
}

/// What a report comes to, warnings first.
pub(super) fn findings(report: &Report, declared: &[&Declaration]) -> Vec<Finding> {
    if report.flows == 0 {
        return vec![Finding::note("empty", "There are no flows.")];
    }
    let mut all = of_declarations(report, declared);
    all.extend(of_fields(report));
    all.extend(of_addresses(report));
    all.extend(of_uniqueness(report));
    all.extend(of_attack(report));
    all.extend(of_anchors(report));
    all.extend(of_presets(report));
    all.sort_by_key(|finding| finding.level);
    all
}

fn of_declarations(report: &Report, declared: &[&Declaration]) -> Vec<Finding> {
    let mut all = Vec::new();
    if declared.iter().any(|declaration| !declaration.is_some()) {
        let text = "Segments do not say how their flows were anonymized: take them as not \
                    anonymized.";
        all.push(Finding::warning("not_declared", text));
    }
    let strange = declared
        .iter()
        .any(|declaration| !declaration.strange().is_empty());
    let unknown = Field::ALL.into_iter().filter(|&field| {
        declared
            .iter()
            .any(|declaration| declaration.is_unknown(field))
    });
    let unknown: Vec<&str> = unknown.map(Field::name).collect();
    if strange || !unknown.is_empty() {
        let mut text = "Segments declare fields or methods that this version does not know; \
                        they are taken as clear"
            .to_owned();
        if !unknown.is_empty() {
            write!(text, ": {}", unknown.join(", ")).ok();
        }
        all.push(Finding::warning("unknown_declaration", text + "."));
    }
    if report.declarations.len() > 1 {
        let number = report.declarations.len();
        let text = format!(
            "Segments have {number} different policies, keys or epochs. The same host is another \
             address under each of them, and is counted once under each."
        );
        all.push(Finding::note("several_declarations", text));
    }
    all
}

/// Declared and seen disagree.
fn of_fields(report: &Report) -> Vec<Finding> {
    let odd = report.fields.iter().filter(|field| field.odd > 0);
    odd.map(|field| {
        let (name, values) = (field.name, report.flows - field.nulls);
        let declared = field.declared.as_deref().unwrap_or(field.method);
        let mut text = format!(
            "{name} is declared as \"{declared}\", but {} of {values} values are none that this \
             gives.",
            field.odd
        );
        if field.method == "binning" {
            text.push_str(" (Sums of aggregator.rollup are no bins, and are all right.)");
        }
        Finding::warning("disagreement", text)
    })
    .collect()
}

fn of_addresses(report: &Report) -> Vec<Finding> {
    let addrs = [Field::SrcAddr, Field::DstAddr, Field::Exporter].map(Field::name);
    let is_open = |method: &str| ["clear", "octet-permutation", "truncation"].contains(&method);
    let open = report.fields.iter().filter(|field| {
        addrs.contains(&field.name) && is_open(field.method) && field.nulls < report.flows
    });
    let open: Vec<String> = open
        .map(|field| format!("{} ({})", field.name, field.method))
        .collect();
    let mut all = Vec::new();
    if !open.is_empty() {
        let text = format!(
            "Whoever has the dataset reads original addresses, or parts of them, without a key: \
             {}.",
            open.join(", ")
        );
        all.push(Finding::warning("addresses_open", text));
    } else if let Some(text) = look_original(report) {
        all.push(Finding::warning("addresses_look_original", text));
    }
    let lasting = report.lasting;
    if lasting.an_hour > 0 {
        let text = format!(
            "What hosts did can be followed over time: {} of addresses are seen for an hour or \
             longer, {} for a day or longer.",
            percent(share(lasting.an_hour, lasting.addresses)),
            percent(share(lasting.a_day, lasting.addresses)),
        );
        all.push(Finding::note("linkable", text));
    }
    all
}

/// Permuted addresses are in private blocks by chance only, and then all of one network.
fn look_original(report: &Report) -> Option<String> {
    let private = report.anchors.special.iter();
    let private = private.filter(|special| special.block == "private");
    let addresses: u64 = private.map(|special| special.addresses).sum();
    let part = share(addresses, report.anchors.addresses);
    (part > 0.5).then(|| {
        format!(
            "{} of addresses are in private blocks, as original ones often are. After a \
             permutation, that is so of about one dataset in 200: check that it was done.",
            percent(part)
        )
    })
}

fn of_uniqueness(report: &Report) -> Vec<Finding> {
    let unique = |of: &Uniqueness| {
        let seen = of.views.first()?;
        let part = seen.anonymity.unique_share();
        let is_told = seen.is_left && seen.comparable && part >= UNIQUE_WARNING;
        is_told.then_some((part, of.name, of.of))
    };
    let of_kind = |kind: &'static str| {
        let mut all: Vec<_> = report.uniqueness.iter().filter_map(unique).collect();
        all.retain(|(_, _, of)| *of == kind);
        all.sort_by(|one, other| other.0.total_cmp(&one.0));
        let all = all
            .iter()
            .map(|(part, name, _)| format!("{name} ({})", percent(*part)));
        all.collect::<Vec<_>>()
    };
    let mut all = Vec::new();
    let flows = of_kind("flows");
    if !flows.is_empty() {
        let text = format!(
            "Many flows are the only ones with what they tell, so that whoever has another \
             record of them finds them here: {}.",
            flows.join(", ")
        );
        all.push(Finding::warning("flows_unique", text));
    }
    let hosts = of_kind("addresses");
    if !hosts.is_empty() {
        let text = format!(
            "Many addresses are the only ones with what is known of them: {}.",
            hosts.join(", ")
        );
        all.push(Finding::warning("addresses_unique", text));
    }
    all
}

/// The round of the summary, or the one with most flows there is.
fn summary_round(family: &Family, choice: Choice) -> Option<&Round> {
    let of_choice = || family.rounds.iter().filter(|round| round.choice == choice);
    let named = of_choice().find(|round| round.flows == SUMMARY_FLOWS);
    named.or_else(|| of_choice().next_back())
}

fn learnt(attack: &Attack) -> Option<String> {
    let families = attack.families.iter().filter_map(|family| {
        let chance = summary_round(family, Choice::Chance)?;
        let best = summary_round(family, Choice::Best)?;
        Some(format!(
            "{} to {} addresses: {:.0} recognized, then {:.1} of {} bits of other addresses known on \
             average ({:.1} if he chooses well), and {} of them whole",
            many(chance.flows as u64, "flow", "flows"),
            family_name(family.name),
            chance.recognized,
            chance.bits_mean,
            family.width,
            best.bits_mean,
            percent(chance.whole),
        ))
    });
    let families: Vec<String> = families.collect();
    (!families.is_empty()).then(|| families.join("; "))
}

fn family_name(name: &str) -> &'static str {
    if name == "ipv4" { "IPv4" } else { "IPv6" }
}

/// A number of something, by its name of one and of several.
fn many(number: u64, one: &str, several: &str) -> String {
    format!("{number} {}", if number == 1 { one } else { several })
}

fn of_attack(report: &Report) -> Option<Finding> {
    let attack = report.attacks.first()?.attack.as_ref()?;
    let learnt = learnt(attack)?;
    Some(Finding::warning(
        "injection",
        format!("An attacker who sends flows through the network learns from them. {learnt}."),
    ))
}

fn of_anchors(report: &Report) -> Option<Finding> {
    let anchors = &report.anchors;
    let number = anchors.groups + anchors.name_servers + anchors.hubs;
    if number == 0 || anchors.known.is_empty() {
        return None;
    }
    let known = anchors.known.iter().map(|known| {
        let name = family_name(known.family);
        format!("{:.1} bits of other {name} addresses", known.bits_mean)
    });
    let known: Vec<String> = known.collect();
    Some(Finding::warning(
        "anchors",
        format!(
            "{} by their traffic what they may be (groups {}, name servers {}, hubs {}). Whoever \
             knows what stands there knows {} on average.",
            many(number, "address gives away", "addresses give away"),
            anchors.groups,
            anchors.name_servers,
            anchors.hubs,
            known.join(" and "),
        ),
    ))
}

/// What each stricter preset would change of the worst.
fn of_presets(report: &Report) -> Vec<Finding> {
    let worst = |policy: &str| {
        let shares = report
            .uniqueness
            .iter()
            .filter(|of| of.of == "flows")
            .filter_map(|of| {
                let seen = of.views.iter().find(|seen| seen.policy == policy)?;
                seen.comparable
                    .then(|| (seen.anonymity.unique_share(), of.name))
            });
        shares.max_by(|one, other| one.0.total_cmp(&other.0))
    };
    let presets = report.presets.iter().map(|taken| {
        if is_same(report, taken) {
            let text = format!("Under \"{}\", none of this would be better.", taken.policy);
            return Finding::note("preset", text);
        }
        let mut text = match worst(taken.policy) {
            Some((part, name)) => format!(
                "Under \"{}\", at most {} of flows would be alone with what others may know of \
                 them ({name}).",
                taken.policy,
                percent(part)
            ),
            None => format!("Under \"{}\", nothing could be compared.", taken.policy),
        };
        let attacked = report.attacks.iter();
        let attacked = attacked.filter(|attacked| attacked.policy == taken.policy);
        if let Some(learnt) = attacked.filter_map(|a| a.attack.as_ref()).find_map(learnt) {
            write!(text, " The attacker would learn: {learnt}.").ok();
        }
        if !taken.nulled.is_empty() {
            write!(
                text,
                " Without a value would be: {}.",
                taken.nulled.join(", ")
            )
            .ok();
        }
        Finding::note("preset", text)
    });
    presets.collect()
}

/// Whether a preset changes nothing, or nothing of what others could compare or attack. (Other
/// counts may differ by chance, since they are of other values.)
fn is_same(report: &Report, taken: &Taken) -> bool {
    if taken.nulled.is_empty() && taken.changed.is_empty() {
        return true;
    }
    let policy = taken.policy;
    let mut uniqueness = report.uniqueness.iter();
    let alike = uniqueness.all(|of| {
        let of_policy = of.views.iter().find(|seen| seen.policy == policy);
        let own = of.views.first();
        own.zip(of_policy).is_some_and(|(own, other)| {
            own.comparable == other.comparable
                && (!own.comparable || own.anonymity == other.anonymity)
        })
    });
    let attack = |policy: &str| {
        let attacked = report
            .attacks
            .iter()
            .find(|attacked| attacked.policy == policy);
        attacked.and_then(|attacked| attacked.attack.as_ref())
    };
    let own = report.attacks.first();
    alike && own.is_none_or(|own| own.attack.as_ref() == attack(policy))
}

/// A share in hundredths, such that little is not nothing and much is not all.
fn percent(share: f64) -> String {
    match share * 100.0 {
        none if none <= 0.0 => "none".to_owned(),
        little if little < 0.1 => "under 0.1 %".to_owned(),
        all if all >= 100.0 => "all".to_owned(),
        much if much > 99.9 => "over 99.9 %".to_owned(),
        part => format!("{part:.1} %"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn little_is_not_nothing_and_much_is_not_all() {
        let said = [0.0, 0.0001, 0.125, 0.9999, 1.0].map(percent);
        assert_eq!(
            said,
            ["none", "under 0.1 %", "12.5 %", "over 99.9 %", "all"]
        );
    }
}
