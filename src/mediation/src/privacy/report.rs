//! What a survey comes to. Names of members are the ones of the JSON that is made of it.

use serde::Serialize;

use super::anchors::Anchors;
use super::attack::Attack;
use super::fields::FieldReport;
use super::findings::Finding;
use super::groups::Anonymity;
use super::hosts::Lasting;

/// What is left in a dataset, and what can be made of it.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Report {
    /// The most important of all that follows, in words; warnings first.
    pub findings: Vec<Finding>,
    /// From which everything random follows.
    pub seed: u64,
    /// Flows that were read.
    pub flows: u64,
    /// When the first flow began, as it leaves, Unix milliseconds; `None` without times.
    pub first_ms: Option<i64>,
    /// When the last one did.
    pub last_ms: Option<i64>,
    /// What segments declare, in their order.
    pub declarations: Vec<Declared>,
    /// Flows whose declaration was one too many and is counted under the last one.
    pub declarations_beyond: u64,
    /// What is declared and seen of each field.
    pub fields: Vec<FieldReport>,
    /// How many flows and hosts are alone.
    pub uniqueness: Vec<Uniqueness>,
    /// For how long addresses are seen.
    pub lasting: Lasting,
    /// Addresses that give away what they stand for.
    pub anchors: Anchors,
    /// What an attacker learns, of the dataset as it is and under stricter presets. Without
    /// addresses there is none.
    pub attacks: Vec<Attacked>,
    /// What stricter presets would take away.
    pub presets: Vec<Taken>,
}

/// What some segments declare.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Declared {
    /// The policy; `None` if none is declared.
    pub policy: Option<String>,
    /// What names the key.
    pub key_id: Option<String>,
    /// What names the epoch of the key.
    pub epoch: Option<String>,
    /// Flows under it.
    pub flows: u64,
}

/// How many flows or hosts are alone with values that may name them together.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Uniqueness {
    /// The name.
    pub name: &'static str,
    /// What is counted: `flows`, or `addresses`.
    pub of: &'static str,
    /// What they are alone with.
    pub fields: Vec<&'static str>,
    /// The dataset as it is, and then under each stricter preset.
    pub views: Vec<Seen>,
}

/// How many are alone under a policy.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Seen {
    /// `as it is`, or a preset.
    pub policy: &'static str,
    /// Whether any value is left. If not, all are alike.
    pub is_left: bool,
    /// Whether another record of the same flows could be compared with it: whether none of
    /// the fields is changed with a key or by chance.
    pub comparable: bool,
    /// How many are alone or in small groups.
    pub anonymity: Anonymity,
}

/// What an attacker learns under a policy.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Attacked {
    /// `as it is`, or a preset.
    pub policy: &'static str,
    /// The declaration whose flows were attacked, by its place.
    pub declaration: usize,
    /// What comes of it; `None` if no address leaves.
    pub attack: Option<Attack>,
}

/// What a preset would take away.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Taken {
    /// The preset.
    pub policy: &'static str,
    /// Fields that have values and would have none.
    pub nulled: Vec<&'static str>,
    /// Fields that would be changed by another method than the declared one.
    pub changed: Vec<&'static str>,
}
