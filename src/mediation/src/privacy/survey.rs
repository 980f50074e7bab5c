//! All measures over the flows of a dataset.

use std::net::IpAddr;

use flow::{Civil, Field, Method, Value};

use super::Limits;
use super::anchors::{Anchors, Known, Role, Seen as SeenAnchors, role};
use super::attack::{Left, Marks, Sender, Span, Target, Tells, known_from};
use super::declaration::{Declaration, is_repeatable};
use super::fields::{Expected, Fields};
use super::findings::findings;
use super::hash::Hash;
use super::hosts::{Ends, Hosts};
use super::report::{Attacked, Declared, Report, Seen, Taken, Uniqueness};
use super::row::{OF_FLOWS, OF_HOSTS, Row};
use super::view::{Preset, View};
use crate::anonymize::{AnonymizedFlow, Key, Parameters};

/// Looks at the flows of a dataset, each once.
#[derive(Debug)]
pub struct Survey {
    seed: u64,
    hash: Hash,
    key: Key,
    limits: Limits,
    declared: Vec<Declaring>,
    current: usize,
    beyond: u64,
    flows: u64,
    fields: Fields,
    views: Vec<View>,
    hosts: Hosts,
    anchors: SeenAnchors,
}

/// A declaration, and what is seen under it.
#[derive(Debug)]
struct Declaring {
    declaration: Declaration,
    expected: Expected,
    /// By what an attacker recognizes flows, in each view.
    marks: Vec<Marks>,
    flows: u64,
    window: Option<(i64, i64)>,
    /// Whether it stands for further ones.
    is_last: bool,
}

impl Survey {
    /// A survey in which everything random follows from a seed.
    #[must_use]
    pub fn new(seed: u64) -> Self {
        Self::with(seed, Limits::DEFAULT)
    }

    /// The same with other limits.
    #[must_use]
    pub fn with(seed: u64, limits: Limits) -> Self {
        let hash = Hash::new(seed);
        let key = simulated_key(hash);
        let presets = Preset::all(&key).into_iter().map(Some);
        let views = std::iter::once(None).chain(presets);
        Self {
            seed,
            hash,
            limits,
            declared: Vec::new(),
            current: 0,
            beyond: 0,
            flows: 0,
            fields: Fields::new(),
            views: views.map(|preset| View::new(preset, limits)).collect(),
            hosts: Hosts::new(limits.hosts, hash),
            anchors: SeenAnchors::new(),
            key,
        }
    }

    /// The flows that follow are those of a segment with this declaration.
    pub fn declare(&mut self, declaration: Declaration) {
        let known = self
            .declared
            .iter()
            .position(|declaring| declaring.declaration == declaration);
        if let Some(place) = known {
            self.current = place;
            self.set_last(false);
        } else if self.declared.len() < self.limits.declarations {
            self.current = self.declared.len();
            let marks = self.views.iter().map(|view| {
                let further = view.preset.as_ref().map(|preset| &preset.methods);
                Marks::of(&declaration, further)
            });
            self.declared.push(Declaring {
                expected: Expected::of(&declaration),
                marks: marks.collect(),
                declaration,
                flows: 0,
                window: None,
                is_last: false,
            });
        } else {
            self.current = self.declared.len().saturating_sub(1);
            self.set_last(true);
        }
    }

    fn set_last(&mut self, is_last: bool) {
        if let Some(declaring) = self.declared.get_mut(self.current) {
            declaring.is_last = is_last;
        }
    }

    /// Looks at flows under the current declaration; without one, nothing is declared.
    pub fn add(&mut self, flows: &[AnonymizedFlow]) {
        if self.declared.is_empty() {
            self.declare(Declaration::none());
        }
        let Some(declaring) = self.declared.get_mut(self.current) else {
            return;
        };
        let number = flows.len() as u64;
        self.flows += number;
        declaring.flows += number;
        self.beyond += if declaring.is_last { number } else { 0 };
        let (hash, place) = (self.hash, self.current);
        let mut views = self.views.iter_mut().zip(&declaring.marks);
        let own = views.next();
        if let Some((own, marks)) = own {
            for flow in flows {
                let row = Row::of(hash, flow);
                let ends = Ends::of(flow);
                self.fields.add(flow, &row, &declaring.expected);
                self.hosts.add(place, ends);
                self.anchors.add(&self.hosts, place, ends, exporter(flow));
                own.add(hash, (place, marks), (flow, &row), &self.hosts);
            }
        }
        for (view, marks) in views {
            let Some(preset) = &view.preset else { continue };
            for flow in &preset.policy.again(flows.to_vec()) {
                let row = Row::of(hash, flow);
                view.add(hash, (place, marks), (flow, &row), &self.hosts);
            }
        }
        for flow in flows {
            declaring.at(Ends::of(flow).start_ms);
        }
    }

    /// What all flows come to.
    #[must_use]
    pub fn finish(self) -> Report {
        let nothing = Declaration::none();
        let main = self.main();
        let declared = main.map_or(&nothing, |(_, declaring)| &declaring.declaration);
        let windows = || {
            self.declared
                .iter()
                .filter_map(|declaring| declaring.window)
        };
        let mut report = Report {
            findings: Vec::new(),
            seed: self.seed,
            flows: self.flows,
            first_ms: windows().map(|(first, _)| first).min(),
            last_ms: windows().map(|(_, last)| last).max(),
            declarations: self.declared.iter().map(Declaring::report).collect(),
            declarations_beyond: self.beyond,
            fields: self.fields.report(declared),
            uniqueness: self.uniqueness(declared),
            lasting: self.hosts.lasting(),
            anchors: self.anchors(main),
            attacks: main.map_or_else(Vec::new, |main| self.attacks(main)),
            presets: self
                .views
                .iter()
                .filter_map(|view| self.taken(view, declared))
                .collect(),
        };
        report.findings = findings(&report, &self.declared_all());
        report
    }

    fn declared_all(&self) -> Vec<&Declaration> {
        let declared = self.declared.iter().filter(|declaring| declaring.flows > 0);
        declared.map(|declaring| &declaring.declaration).collect()
    }

    /// The declaration of most flows, and its place; of equal ones, the first.
    fn main(&self) -> Option<(usize, &Declaring)> {
        let declared = self.declared.iter().enumerate();
        declared.max_by_key(|(place, declaring)| (declaring.flows, std::cmp::Reverse(*place)))
    }

    fn uniqueness(&self, declared: &Declaration) -> Vec<Uniqueness> {
        let methods = declared.methods();
        let of_flows = OF_FLOWS.iter().map(|quasi| (quasi.name, "flows", quasi.of));
        let of_hosts = OF_HOSTS
            .iter()
            .map(|(name, [src, _])| (*name, "addresses", *src));
        let properties: Vec<_> = of_flows.chain(of_hosts).collect();
        let mut all: Vec<Uniqueness> = properties
            .iter()
            .map(|(name, of, properties)| Uniqueness {
                name,
                of,
                fields: properties.iter().map(|property| property.name()).collect(),
                views: Vec::new(),
            })
            .collect();
        for view in &self.views {
            let all = all.iter_mut().zip(&properties);
            for ((one, (_, _, of)), (anonymity, is_left)) in all.zip(view.anonymity()) {
                let mut fields = of.iter().map(|property| property.field());
                one.views.push(Seen {
                    policy: view.name(),
                    is_left,
                    comparable: fields
                        .all(|field| is_repeatable(&methods, field) && view.is_repeatable(field)),
                    anonymity,
                });
            }
        }
        all
    }

    fn taken(&self, view: &View, declared: &Declaration) -> Option<Taken> {
        let preset = view.preset.as_ref()?;
        let seen = || {
            Field::ALL
                .into_iter()
                .filter(|&field| self.fields.with_value(field) > 0)
        };
        let changes = |field: &Field| {
            let method = preset.methods.method(*field);
            view.leaves(*field)
                && !matches!(method, Method::Clear | Method::Derived | Method::AsAddress)
                && method != declared.method(*field)
        };
        Some(Taken {
            policy: view.name(),
            nulled: seen()
                .filter(|&field| !view.leaves(field))
                .map(Field::name)
                .collect(),
            changed: seen().filter(changes).map(Field::name).collect(),
        })
    }

    fn anchors(&self, main: Option<(usize, &Declaring)>) -> Anchors {
        let addresses = self.hosts.count();
        let all = self.hosts.all();
        let roles: Vec<Option<Role>> = all.iter().map(|host| role(host, addresses)).collect();
        let count = |of: Role| {
            let found = roles.iter().filter(|role| **role == Some(of)).count();
            (found as u64).saturating_mul(self.hosts.one_in())
        };
        let mut known = Vec::new();
        if let Some((place, declaring)) = main {
            let left = declaring.left();
            let of_main: Vec<_> = all
                .iter()
                .zip(&roles)
                .filter(|(host, _)| host.declared == place)
                .collect();
            for (family, span, is_v4) in [("ipv4", left.v4, true), ("ipv6", left.v6, false)] {
                let of_family = || {
                    of_main
                        .iter()
                        .filter(|(host, _)| host.addr.is_ipv4() == is_v4)
                };
                let addrs: Vec<IpAddr> = of_family().map(|(host, _)| host.addr).collect();
                let anchors = of_family().filter(|(_, role)| role.is_some());
                let anchors: Vec<IpAddr> = anchors.map(|(host, _)| host.addr).collect();
                if left.tells == Tells::Prefixes && !anchors.is_empty() {
                    known.push(known_by(family, span, &addrs, &anchors));
                }
            }
        }
        Anchors {
            special: self.anchors.special(),
            addresses,
            one_in: self.hosts.one_in(),
            groups: count(Role::Group),
            name_servers: count(Role::NameServer),
            hubs: count(Role::Hub),
            exporters: self.anchors.exporters(),
            exporters_in_flows: self.anchors.exporters_among(&self.hosts),
            known,
        }
    }

    fn attacks(&self, (place, declaring): (usize, &Declaring)) -> Vec<Attacked> {
        let views = self.views.iter().zip(&declaring.marks);
        let attacked = |(view, marks)| Attacked {
            policy: view_name(view),
            declaration: place,
            attack: self.attack((place, declaring), view, marks),
        };
        views.map(attacked).collect()
    }

    fn attack(
        &self,
        (place, declaring): (usize, &Declaring),
        view: &View,
        marks: &Marks,
    ) -> Option<super::Attack> {
        let declared = declaring.declaration.simulated(&self.key)?;
        let preset = view.preset.as_ref();
        let (field, left) = declaring.attacked(preset);
        if left.tells == Tells::Nothing {
            return None;
        }
        let target = Target {
            left,
            field,
            policy: preset.map_or(&declared, |preset| &preset.policy),
            sender: Sender {
                hash: self.hash,
                marks,
                declared: place,
                policies: [Some(&declared), preset.map(|preset| &preset.policy)],
                window: declaring.window.unwrap_or((0, 0)),
            },
            dataset: &view.marks,
            seed: self.seed,
        };
        let both = declaring.is_alike(preset);
        let hosts = self.hosts.all().into_iter();
        let hosts = hosts.filter(|host| host.declared == place);
        let is_attacked = |host: &&super::hosts::Host| match field {
            _ if both => true,
            Field::SrcAddr => host.sent > 0,
            _ => host.received > 0,
        };
        let addrs: Vec<IpAddr> = hosts.filter(is_attacked).map(|host| host.addr).collect();
        (!addrs.is_empty()).then(|| target.attack(&addrs))
    }
}

fn view_name(view: &View) -> &'static str {
    view.name()
}

impl Declaring {
    fn at(&mut self, start_ms: Option<i64>) {
        if let Some(time) = start_ms {
            let (first, last) = self.window.unwrap_or((time, time));
            self.window = Some((first.min(time), last.max(time)));
        }
    }

    fn report(&self) -> Declared {
        let own = |text: Option<&str>| text.map(str::to_owned);
        Declared {
            policy: own(self.declaration.policy()),
            key_id: own(self.declaration.key_id()),
            epoch: own(self.declaration.epoch()),
            flows: self.flows,
        }
    }

    /// What is left of the addresses in a field.
    fn left_of(&self, field: Field, preset: Option<&Preset>) -> Left {
        let bits = self.declaration.parameters().address_bits;
        let left = Left::all().after(self.declaration.method(field), bits);
        match preset {
            Some(preset) => {
                let bits = Parameters::DEFAULT.address_bits;
                left.after(preset.methods.method(field), bits)
            }
            None => left,
        }
    }

    /// What is left of addresses as they are.
    fn left(&self) -> Left {
        self.attacked(None).1
    }

    /// The field whose addresses are attacked: the one that tells more.
    fn attacked(&self, preset: Option<&Preset>) -> (Field, Left) {
        let [src, dst] = [Field::SrcAddr, Field::DstAddr].map(|field| self.left_of(field, preset));
        if src.rank() > dst.rank() {
            (Field::SrcAddr, src)
        } else {
            (Field::DstAddr, dst)
        }
    }

    /// Whether both fields are treated alike, so that their addresses are the same ones.
    fn is_alike(&self, preset: Option<&Preset>) -> bool {
        self.left_of(Field::SrcAddr, preset) == self.left_of(Field::DstAddr, preset)
            && self.declaration.method(Field::SrcAddr) == self.declaration.method(Field::DstAddr)
    }
}

fn known_by(family: &'static str, span: Span, addrs: &[IpAddr], anchors: &[IpAddr]) -> Known {
    Known {
        family,
        anchors: anchors.len() as u64,
        bits_mean: known_from(addrs, anchors, span),
    }
}

fn exporter(flow: &AnonymizedFlow) -> Option<IpAddr> {
    let civil = Civil::from_millis(flow.flow().start_ms);
    match flow.value(Field::Exporter, &civil) {
        Value::Addr(addr) => Some(addr),
        _ => None,
    }
}

/// A key for simulations. It is made of the seed and hides nothing.
fn simulated_key(hash: Hash) -> Key {
    let mut octets = [0; Key::LEN];
    for (number, part) in (0_u64..).zip(octets.chunks_mut(8)) {
        let word = hash.words([number]).to_le_bytes();
        for (to, from) in part.iter_mut().zip(word) {
            *to = from;
        }
    }
    Key::of_octets(&octets)
}

#[cfg(test)]
mod tests;
