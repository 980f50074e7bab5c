//! From Field Specifiers to a program.
//!
//! A field of a template without variable lengths lies at a fixed offset. Each
//! variable-length field begins a new group of fixed offsets, whose base is found by
//! walking the record. Only groups from which something is read have a base.

use super::element::{Target, target};
use super::fields::VARIABLE;
use super::flow::{FORMS, Times, VLANS};
use super::reverse::Reverse;
use super::told::is_told;
use super::{FieldSpec, Fields, Life, ListKind, ListPlace, ToldField};
use crate::state::Doubt;
use crate::{Protocol, Reason};

/// Whether a template describes flows or options (RFC 7011, 3.4).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    /// A Template.
    Data,
    /// An Options Template, with how many of its fields are scopes.
    Options(u16),
}

/// Where a field lies: it ends `end` octets after the base of its group. The default
/// is a field that is not there, which reads as 0.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Slot {
    pub(crate) end: u16,
    pub(crate) group: u8,
    pub(crate) width: u8,
}

/// A variable-length field: so many octets after the last one; whether the base of
/// the group after it is kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Step {
    pub(crate) skip: u16,
    pub(crate) keep: bool,
}

/// How many groups can have a base.
pub(crate) const GROUPS: usize = 64;
/// How many repetitions of elements are remembered.
const REPEATED: usize = 12;
/// How many fields of options are read where they stand.
const TOLD: usize = 64;
/// The NetFlow v9 scope that is an interface (RFC 3954, 6.1).
const V9_SCOPE_INTERFACE: u16 = 2;
const IN_IF: u16 = 10;

/// What the tables of templates take for each, in octets: its node and its place in
/// the index, its list of ports, and what the allocator adds. Measured, rounded up.
const TABLES: usize = 320;

/// Where the addresses are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Addresses {
    /// Nowhere.
    None,
    /// In the IPv4 elements.
    V4,
    /// In the IPv6 elements.
    V6,
    /// In both: the pair that is filled in counts.
    Both,
}

/// A compiled template.
#[derive(Debug)]
pub(crate) struct Template {
    pub(crate) kind: Kind,
    /// The least octets of a record, and their exact number without variable lengths.
    pub(crate) min_octets: usize,
    pub(crate) slots: [Slot; Target::COUNT],
    pub(crate) addresses: Addresses,
    pub(crate) times: Times,
    /// Whether records state their own sampling rate or sampler.
    pub(crate) own_rate: bool,
    pub(crate) sampler: bool,
    /// Whether records state a VLAN.
    pub(crate) vlan: bool,
    /// Further fields of elements that have a slot, in their order.
    pub(crate) repeated: Box<[(Target, Slot)]>,
    pub(crate) steps: Box<[Step]>,
    /// Fields that are lists.
    pub(crate) lists: Box<[ListPlace]>,
    /// Of options, the fields that are read where they stand.
    pub(crate) told: Box<[ToldField]>,
    /// What is read of the reverse direction, if records count it (RFC 5103).
    pub(crate) reverse: Option<Reverse>,
    /// Octets after the last variable-length field.
    pub(crate) tail: u16,
    /// Until when it is used.
    pub(crate) life: Life,
    /// What it was kept with over a restart, until its exporter repeats it.
    pub(crate) doubt: Option<Doubt>,
    /// The Field Specifiers as they came.
    definition: Box<[u8]>,
}

impl Template {
    /// Whether this is what a definition says.
    pub(crate) fn is(&self, kind: Kind, definition: &[u8]) -> bool {
        self.kind == kind && *self.definition == *definition
    }

    /// Its Field Specifiers as they came.
    pub(crate) fn definition(&self) -> &[u8] {
        &self.definition
    }

    /// Whether every field lies at a fixed offset, no element is repeated, and none is
    /// a list or read where it stands.
    pub(crate) fn is_plain(&self) -> bool {
        self.steps.is_empty()
            && self.repeated.is_empty()
            && self.lists.is_empty()
            && self.told.is_empty()
    }

    /// Whether an element is among the fields.
    pub(crate) fn has(&self, target: Target) -> bool {
        self.slot(target).width != 0
    }

    pub(crate) fn slot(&self, target: Target) -> Slot {
        self.slots.get(target as usize).copied().unwrap_or_default()
    }

    /// Octets of memory it takes, with what the tables take that hold it.
    pub(crate) fn octets(&self) -> usize {
        TABLES
            + size_of::<Self>()
            + self.definition.len()
            + size_of_val(&*self.steps)
            + size_of_val(&*self.repeated)
            + size_of_val(&*self.lists)
            + size_of_val(&*self.told)
    }
}

/// Two templates are the same if their definitions are.
impl PartialEq for Template {
    fn eq(&self, other: &Self) -> bool {
        self.is(other.kind, &other.definition)
    }
}

/// Compiles a definition, and says how many of its fields have a length at which they
/// cannot be read.
///
/// # Errors
///
/// The reason to refuse it: records of no octets, or longer than any message.
pub(crate) fn compile(
    kind: Kind,
    definition: &[u8],
    protocol: Protocol,
) -> Result<(Template, usize), Reason> {
    let mut compiler = Compiler::default();
    let scopes = match kind {
        Kind::Data => 0,
        Kind::Options(scopes) => usize::from(scopes),
    };
    for (at, field) in Fields::new(definition, protocol).enumerate() {
        let field = if protocol == Protocol::NetflowV9 && at < scopes {
            v9_scope(field)
        } else {
            field
        };
        if matches!(kind, Kind::Options(_)) {
            compiler.tell(field);
        }
        compiler.field(field)?;
    }
    compiler.finish(kind, definition)
}

/// A v9 scope has a number of its own kind: only the interface is an element.
const fn v9_scope(field: FieldSpec) -> FieldSpec {
    let interface = field.element == V9_SCOPE_INTERFACE;
    FieldSpec {
        element: if interface { IN_IF } else { 0 },
        ..field
    }
}

#[derive(Debug)]
struct Compiler {
    slots: [Slot; Target::COUNT],
    repeated: Vec<(Target, Slot)>,
    steps: Vec<Step>,
    lists: Vec<ListPlace>,
    told: Vec<ToldField>,
    /// Octets since the base of the current group.
    offset: u16,
    /// The current group, once something of it is read.
    group: Option<u8>,
    kept_groups: u8,
    min_octets: usize,
    unreadable: usize,
}

impl Default for Compiler {
    fn default() -> Self {
        Self {
            slots: [Slot::default(); Target::COUNT],
            repeated: Vec::new(),
            steps: Vec::new(),
            lists: Vec::new(),
            told: Vec::new(),
            offset: 0,
            group: Some(0),
            kept_groups: 1,
            min_octets: 0,
            unreadable: 0,
        }
    }
}

impl Compiler {
    fn field(&mut self, field: FieldSpec) -> Result<(), Reason> {
        // A list of no octets would cost time in every record and none in the message.
        if field.enterprise.is_none()
            && field.length != 0
            && let Some(kind) = ListKind::of(field.element)
        {
            self.list(kind, field.length);
        }
        if field.length == VARIABLE {
            // Only what is read as it comes may say its length in each record.
            let read = target(field.enterprise, field.element, field.length);
            self.unreadable += usize::from(read.is_err());
            self.variable();
            return Ok(());
        }
        let length = usize::from(field.length);
        self.min_octets += length;
        self.offset = self
            .offset
            .checked_add(field.length)
            .ok_or(Reason::TemplateTooLong)?;
        match target(field.enterprise, field.element, field.length) {
            Ok(Some((target, width))) => self.read(target, width),
            Ok(None) => {}
            Err(()) => self.unreadable += 1,
        }
        Ok(())
    }

    /// Notes the list that begins at the current offset. One too far behind to be found
    /// is not read.
    fn list(&mut self, kind: ListKind, length: u16) {
        if let Some(group) = self.keep_group() {
            self.lists.push(ListPlace {
                kind,
                group,
                offset: self.offset,
                length,
            });
        }
    }

    /// Notes the field of options that begins at the current offset, if it is one that
    /// is read where it stands. Further ones than are ever needed are not.
    fn tell(&mut self, field: FieldSpec) {
        let known = field.enterprise.is_none() && is_told(field.element) && field.length > 0;
        if !known || self.told.len() >= TOLD {
            return;
        }
        if let Some(group) = self.keep_group() {
            self.told.push(ToldField {
                element: field.element,
                group,
                offset: self.offset,
                length: field.length,
            });
        }
    }

    fn variable(&mut self) {
        self.steps.push(Step {
            skip: self.offset,
            keep: false,
        });
        self.min_octets += 1;
        self.offset = 0;
        self.group = None;
    }

    /// Gives the field that ends at the current offset its slot.
    fn read(&mut self, target: Target, width: u8) {
        let Some(slot) = self.slots.get(target as usize).copied() else {
            return;
        };
        let taken = slot.width != 0;
        if taken && self.repeated.len() >= REPEATED {
            return;
        }
        let Some(group) = self.keep_group() else {
            return;
        };
        let slot = Slot {
            end: self.offset,
            group,
            width,
        };
        if taken {
            self.repeated.push((target, slot));
        } else if let Some(free) = self.slots.get_mut(target as usize) {
            *free = slot;
        }
    }

    /// The number of the current group, which is kept from now on.
    fn keep_group(&mut self) -> Option<u8> {
        if self.group.is_none() && usize::from(self.kept_groups) < GROUPS {
            self.steps.last_mut()?.keep = true;
            self.group = Some(self.kept_groups);
            self.kept_groups += 1;
        }
        self.group
    }

    fn finish(mut self, kind: Kind, definition: &[u8]) -> Result<(Template, usize), Reason> {
        if self.min_octets == 0 {
            return Err(Reason::TemplateEmpty);
        }
        if self.min_octets > usize::from(u16::MAX) {
            return Err(Reason::TemplateTooLong);
        }
        let reverse = Reverse::of(|target| self.has(target));
        if reverse.as_ref().is_some_and(|reverse| reverse.of_initiator) {
            self.alias(Target::Octets, Target::InitiatorOctets);
            self.alias(Target::Packets, Target::InitiatorPackets);
        }
        let has = |targets: &[Target]| targets.iter().any(|&target| self.has(target));
        let template = Template {
            kind,
            min_octets: self.min_octets,
            addresses: match (
                has(&[Target::SrcV4, Target::DstV4]),
                has(&[Target::SrcV6, Target::DstV6]),
            ) {
                (false, false) => Addresses::None,
                (true, false) => Addresses::V4,
                (false, true) => Addresses::V6,
                (true, true) => Addresses::Both,
            },
            times: Times::of(&FORMS, |target| self.has(target)),
            own_rate: has(&[
                Target::SamplingInterval,
                Target::SamplerInterval,
                Target::PacketInterval,
                Target::SampleSize,
            ]),
            sampler: has(&[Target::SamplerId, Target::SelectorId]),
            vlan: has(&VLANS),
            reverse,
            lists: self.lists.into(),
            told: self.told.into(),
            slots: self.slots,
            repeated: self.repeated.into(),
            steps: self.steps.into(),
            tail: self.offset,
            life: Life::default(),
            doubt: None,
            definition: definition.into(),
        };
        Ok((template, self.unreadable))
    }

    /// Reads one element as if it were another.
    fn alias(&mut self, target: Target, of: Target) {
        if let Some(&slot) = self.slots.get(of as usize)
            && let Some(free) = self.slots.get_mut(target as usize)
        {
            *free = slot;
        }
    }

    fn has(&self, target: Target) -> bool {
        self.slots
            .get(target as usize)
            .is_some_and(|slot| slot.width != 0)
    }
}
