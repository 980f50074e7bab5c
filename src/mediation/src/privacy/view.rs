//! The flows of a dataset as they are, or as they would be under a further policy, and how
//! many of them are alone with what they tell.

use flow::Field;

use super::declaration::is_repeatable;
use super::groups::{Anonymity, Groups};
use super::hash::Hash;
use super::hosts::{Ends, Hosts};
use super::members::Members;
use super::row::{OF_FLOWS, OF_HOSTS, Row};
use super::{Limits, attack::Marks};
use crate::anonymize::{
    Anonymization, AnonymizedFlow, Key, Methods, Parameters, Policy, Scopes, SpecialUse, Table,
    TableError,
};

/// A way to look at the flows.
#[derive(Debug)]
pub(super) struct View {
    /// What is done to flows before; nothing to look at them as they are.
    pub(super) preset: Option<Preset>,
    /// By the places of [`OF_FLOWS`].
    flows: Vec<Groups>,
    /// By the places of [`OF_HOSTS`].
    hosts: Vec<Members>,
    /// By what an attacker recognizes flows.
    pub(super) marks: Groups,
    /// Whether any flow has a value for each of these, in this order.
    has: [bool; OF_FLOWS.len() + OF_HOSTS.len()],
}

/// A preset of the settings, with a key that is made of a seed.
#[derive(Debug)]
pub(super) struct Preset {
    pub(super) name: &'static str,
    pub(super) methods: Methods,
    pub(super) policy: Anonymization,
}

impl Preset {
    fn new(
        name: &'static str,
        methods: Methods,
        special: SpecialUse,
        key: &Key,
    ) -> Result<Self, TableError> {
        let scopes = Scopes::new(&[], special);
        let parameters = Parameters::DEFAULT;
        let table = Table::new(name, methods.clone(), parameters, scopes, Some(key))?;
        Ok(Self {
            name,
            methods,
            policy: Anonymization::new(Policy::Table(Box::new(table))),
        })
    }

    /// The presets that hide something, the one that hides least first.
    pub(super) fn all(key: &Key) -> Vec<Self> {
        let presets = [
            ("standard", Methods::standard(), SpecialUse::Anonymized),
            ("strict", Methods::strict(), SpecialUse::Clear),
        ];
        let made = presets
            .into_iter()
            .map(|(name, methods, special)| Self::new(name, methods, special, key));
        // There is a key, and no preset numbers times.
        made.filter_map(Result::ok).collect()
    }
}

impl View {
    pub(super) fn new(preset: Option<Preset>, limits: Limits) -> Self {
        Self {
            preset,
            flows: OF_FLOWS.map(|_| Groups::new(limits.groups)).into(),
            hosts: OF_HOSTS.map(|_| Members::new(limits.groups)).into(),
            marks: Groups::new(limits.groups),
            has: [false; OF_FLOWS.len() + OF_HOSTS.len()],
        }
    }

    /// The name in reports.
    pub(super) fn name(&self) -> &'static str {
        self.preset
            .as_ref()
            .map_or("as it is", |preset| preset.name)
    }

    /// Looks at a flow, whose numbers are `row`.
    pub(super) fn add(
        &mut self,
        hash: Hash,
        (declared, marks): (usize, &Marks),
        (flow, row): (&AnonymizedFlow, &Row),
        hosts: &Hosts,
    ) {
        let mut has = self.has.iter_mut();
        for ((groups, quasi), has) in self.flows.iter_mut().zip(OF_FLOWS).zip(&mut has) {
            groups.add(row.together(quasi.of));
            *has |= row.has_any(quasi.of);
        }
        let ends = Ends::of(flow);
        for ((members, (_, sides)), has) in self.hosts.iter_mut().zip(OF_HOSTS).zip(&mut has) {
            for (addr, of) in [ends.src, ends.dst].into_iter().zip(sides) {
                if let Some(addr) = addr {
                    members.add(row.together(of), hosts.number(declared, addr));
                    *has |= row.has_any(of);
                }
            }
        }
        self.marks.add(marks.number(hash, declared, row));
    }

    /// How many flows and hosts are alone with each, and whether it has any value.
    pub(super) fn anonymity(&self) -> Vec<(Anonymity, bool)> {
        let flows = self.flows.iter().map(Groups::anonymity);
        let hosts = self.hosts.iter().map(Members::anonymity);
        flows.chain(hosts).zip(self.has).collect()
    }

    /// Whether anybody could do again what is done to a field.
    pub(super) fn is_repeatable(&self, field: Field) -> bool {
        let preset = self.preset.as_ref();
        preset.is_none_or(|preset| is_repeatable(&preset.methods, field))
    }

    /// Whether a field would leave.
    pub(super) fn leaves(&self, field: Field) -> bool {
        let preset = self.preset.as_ref();
        preset.is_none_or(|preset| preset.methods.leaves(field))
    }
}
