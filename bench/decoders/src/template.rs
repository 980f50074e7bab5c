//! Templates: which elements a record has, and the octets of each (RFC 7011, 3.4).

use decode::Protocol;

use crate::encode::{VARIABLE, shorts};
use crate::{Export, Told};

/// Seconds from the NTP epoch (1900) to the Unix epoch.
const NTP_TO_UNIX: i64 = 2_208_988_800;

/// How a field states a time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Clock {
    /// Milliseconds since the exporter started, in 32 bits.
    Uptime,
    /// Unix seconds.
    Seconds,
    /// Unix milliseconds.
    Millis,
    /// An NTP timestamp that counts microseconds.
    Micros,
    /// An NTP timestamp that counts nanoseconds.
    Nanos,
    /// Microseconds before the export.
    Delta,
}

/// What a field says of a flow.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Says {
    /// The source address.
    Src,
    /// The destination address.
    Dst,
    /// The source port.
    SrcPort,
    /// The destination port; of ICMP, type and code.
    DstPort,
    /// The protocol.
    Protocol,
    /// Packets.
    Packets,
    /// Octets.
    Octets,
    /// TCP flags.
    TcpFlags,
    /// Type of service.
    Tos,
    /// The input interface.
    InIf,
    /// The output interface.
    OutIf,
    /// The time of the first packet.
    Start(Clock),
    /// The time of the last packet.
    End(Clock),
    /// When the exporter started, in Unix milliseconds.
    SystemInit,
    /// Type and code of ICMP.
    Icmp,
    /// Type of ICMP.
    IcmpType,
    /// Code of ICMP.
    IcmpCode,
    /// Why the flow ended.
    EndReason,
    /// One in how many packets is sampled.
    Rate,
    /// The sampler that a rate belongs to.
    Sampler,
    /// Nothing that an Original Flow has.
    Other,
}

/// A Field Specifier (RFC 7011, 3.2).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Field {
    /// The enterprise number; `None` for elements of IANA.
    pub enterprise: Option<u32>,
    /// The number of the element.
    pub element: u16,
    /// Octets; 65,535 stands for a variable length.
    pub length: u16,
}

impl Field {
    /// An element of IANA.
    #[must_use]
    pub const fn new(element: u16, length: u16) -> Self {
        Self {
            enterprise: None,
            element,
            length,
        }
    }

    /// Whether each record says its length.
    #[must_use]
    pub const fn is_variable(&self) -> bool {
        self.length == VARIABLE
    }

    /// What it says.
    #[must_use]
    pub const fn says(&self) -> Says {
        if self.enterprise.is_some() || self.is_variable() {
            return Says::Other;
        }
        match self.element {
            1 | 85 => Says::Octets,
            2 | 86 => Says::Packets,
            4 => Says::Protocol,
            5 => Says::Tos,
            6 => Says::TcpFlags,
            7 => Says::SrcPort,
            8 | 27 => Says::Src,
            10 => Says::InIf,
            11 => Says::DstPort,
            12 | 28 => Says::Dst,
            14 => Says::OutIf,
            21 => Says::End(Clock::Uptime),
            22 => Says::Start(Clock::Uptime),
            32 | 139 => Says::Icmp,
            34 => Says::Rate,
            48 => Says::Sampler,
            136 => Says::EndReason,
            150 => Says::Start(Clock::Seconds),
            151 => Says::End(Clock::Seconds),
            152 => Says::Start(Clock::Millis),
            153 => Says::End(Clock::Millis),
            154 => Says::Start(Clock::Micros),
            155 => Says::End(Clock::Micros),
            156 => Says::Start(Clock::Nanos),
            157 => Says::End(Clock::Nanos),
            158 => Says::Start(Clock::Delta),
            159 => Says::End(Clock::Delta),
            160 => Says::SystemInit,
            176 | 178 => Says::IcmpType,
            177 | 179 => Says::IcmpCode,
            _ => Says::Other,
        }
    }

    /// The specifier on the wire. A scope of NetFlow v9 has a number of its own kind
    /// (RFC 3954, 6.1).
    fn specifier(&self, protocol: Protocol, is_scope: bool) -> Vec<u8> {
        let element = match self.element {
            10 if is_scope && protocol == Protocol::NetflowV9 => 2,
            _ if is_scope && protocol == Protocol::NetflowV9 => 1,
            element => element,
        };
        match self.enterprise {
            None => shorts(&[element, self.length]),
            Some(number) => {
                let head = shorts(&[element | 0x8000, self.length]);
                [&head[..], &number.to_be_bytes()].concat()
            }
        }
    }

    /// What a record says in it, as octets.
    fn octets(&self, told: &Told, export: &Export, v6: bool) -> Vec<u8> {
        if self.is_variable() {
            return text(told.name);
        }
        let number = number(self.says(), told, export, v6).to_be_bytes();
        let length = usize::from(self.length);
        let padding = vec![b'a'; length.saturating_sub(16)];
        [&padding[..], &number[16 - length.min(16)..]].concat()
    }
}

/// What a field says, as a number.
fn number(says: Says, told: &Told, export: &Export, v6: bool) -> u128 {
    let ended = i64::from(told.ended_ago_ms);
    let started = ended + i64::from(told.lasted_ms);
    match says {
        Says::Src => told.src,
        Says::Dst => told.dst,
        Says::SrcPort => told.ports.0.into(),
        Says::DstPort => told.dst_port().into(),
        Says::Protocol => told.protocol_in(v6).into(),
        Says::Packets => told.packets.into(),
        Says::Octets => told.octets.into(),
        Says::TcpFlags => told.flags.into(),
        Says::Tos => told.tos.into(),
        Says::InIf => told.interfaces.0.into(),
        Says::OutIf => told.interfaces.1.into(),
        Says::Start(clock) => time(clock, started, export),
        Says::End(clock) => time(clock, ended, export),
        Says::SystemInit => positive(export.booted_ms()),
        Says::Icmp => told.icmp_number().into(),
        Says::IcmpType => told.icmp.kind.into(),
        Says::IcmpCode => told.icmp.code.into(),
        Says::EndReason => told.end_reason.into(),
        Says::Rate => told.rate.into(),
        Says::Sampler => told.sampler.into(),
        // Letters, for a field may be text.
        Says::Other => u128::from_be_bytes([b'a'; 16]),
    }
}

/// A variable-length field of so many letters (RFC 7011, 7).
fn text(letters: u16) -> Vec<u8> {
    let mut field = match u8::try_from(letters) {
        Ok(short) if short < 255 => vec![short],
        _ => [&[255][..], &letters.to_be_bytes()].concat(),
    };
    field.resize(field.len() + usize::from(letters), b'a');
    field
}

/// A number that is not negative.
fn positive(number: i64) -> u128 {
    number.max(0).unsigned_abs().into()
}

/// The time so many milliseconds before the export.
fn time(clock: Clock, ago_ms: i64, export: &Export) -> u128 {
    let unix_ms = export.unix_ms() - ago_ms;
    match clock {
        Clock::Uptime => positive((i64::from(export.uptime) - ago_ms).rem_euclid(1 << 32)),
        Clock::Seconds => positive(unix_ms.div_euclid(1_000)),
        Clock::Millis => positive(unix_ms),
        Clock::Micros => ntp(unix_ms).next_multiple_of(1 << 11),
        Clock::Nanos => ntp(unix_ms),
        Clock::Delta => positive(Clock::Delta.told_ago(ago_ms) * 1_000),
    }
}

/// An NTP timestamp: the first that is not before a time in Unix milliseconds.
fn ntp(unix_ms: i64) -> u128 {
    let secs = positive(unix_ms.div_euclid(1_000) + NTP_TO_UNIX);
    let millis = positive(unix_ms.rem_euclid(1_000));
    (secs << 32) + (millis << 32).div_ceil(1_000)
}

impl Clock {
    /// How long before the export a time can be that this clock states, in
    /// milliseconds: 32 bits of microseconds are little more than an hour.
    pub(crate) fn told_ago(self, ago_ms: i64) -> i64 {
        if self == Self::Delta {
            ago_ms.min(4_294_967)
        } else {
            ago_ms
        }
    }
}

/// A template, or an Options Template if it has scopes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Template {
    /// Its ID, from 256 on.
    pub id: u16,
    /// Whether addresses are of IPv6.
    pub v6: bool,
    /// How many of its first fields are scopes.
    pub scopes: usize,
    /// Its fields.
    pub fields: Vec<Field>,
}

impl Template {
    /// Whether it describes options.
    #[must_use]
    pub const fn is_options(&self) -> bool {
        self.scopes > 0
    }

    /// Octets of the shortest record.
    #[must_use]
    pub fn least_octets(&self) -> usize {
        let least = |field: &Field| {
            if field.is_variable() {
                1
            } else {
                usize::from(field.length)
            }
        };
        self.fields.iter().map(least).sum()
    }

    /// Its Template Record.
    pub(crate) fn record(&self, protocol: Protocol) -> Vec<u8> {
        let len = |number: usize| u16::try_from(number).unwrap_or(u16::MAX);
        let (all, scopes) = (len(self.fields.len()), len(self.scopes));
        let head = match (self.is_options(), protocol) {
            (false, _) => shorts(&[self.id, all]),
            (true, Protocol::NetflowV9) => shorts(&[self.id, scopes * 4, (all - scopes) * 4]),
            (true, _) => shorts(&[self.id, all, scopes]),
        };
        let fields = self.fields.iter().enumerate();
        let specifiers = fields.flat_map(|(at, field)| field.specifier(protocol, at < self.scopes));
        head.into_iter().chain(specifiers).collect()
    }

    /// A Data Record.
    pub(crate) fn data(&self, told: &Told, export: &Export) -> Vec<u8> {
        let fields = self.fields.iter();
        fields
            .flat_map(|field| field.octets(told, export, self.v6))
            .collect()
    }

    /// The first field that says something.
    pub(crate) fn field(&self, says: Says) -> Option<&Field> {
        self.fields.iter().find(|field| field.says() == says)
    }
}
