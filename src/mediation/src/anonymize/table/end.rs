//! What becomes of one end of a flow: its address, its port, and what is known of it.

use std::net::IpAddr;

use flow::{Field, Method, Network, Place};

use super::{Methods, Scopes};
use crate::anonymize::method::{AddressMethod, Grid, PortMethod, PrefixImages};

/// Which field is which, of one end of a flow.
pub(super) struct Fields {
    pub(super) addr: Field,
    pub(super) port: Field,
    pub(super) latitude: Field,
    pub(super) longitude: Field,
    prefix: Field,
    asn: Field,
    as_name: Field,
    country: Field,
    vlan: Field,
    network: Field,
    locality: Field,
}

pub(super) const SRC: Fields = Fields {
    addr: Field::SrcAddr,
    port: Field::SrcPort,
    latitude: Field::SrcLatitude,
    longitude: Field::SrcLongitude,
    prefix: Field::SrcPrefix,
    asn: Field::SrcAsn,
    as_name: Field::SrcAsName,
    country: Field::SrcCountry,
    vlan: Field::SrcVlan,
    network: Field::SrcNetwork,
    locality: Field::SrcLocality,
};

pub(super) const DST: Fields = Fields {
    addr: Field::DstAddr,
    port: Field::DstPort,
    latitude: Field::DstLatitude,
    longitude: Field::DstLongitude,
    prefix: Field::DstPrefix,
    asn: Field::DstAsn,
    as_name: Field::DstAsName,
    country: Field::DstCountry,
    vlan: Field::DstVlan,
    network: Field::DstNetwork,
    locality: Field::DstLocality,
};

/// Whether a field is one of both degrees of a position.
pub(super) const fn is_of_position(field: Field) -> bool {
    matches!(
        field,
        Field::SrcLatitude | Field::SrcLongitude | Field::DstLatitude | Field::DstLongitude
    )
}

/// Whether a field is of a position on a grid: both its degrees are, or neither is.
pub(super) fn is_on_grid(methods: &Methods, field: Field) -> bool {
    let is_cut = |field| methods.method(field) == Method::PrecisionDegradation;
    [SRC, DST].iter().any(|end| {
        let degrees = [end.latitude, end.longitude];
        degrees.contains(&field) && degrees.into_iter().any(is_cut)
    })
}

/// What leaves of what is known of an end.
#[derive(Debug, Clone, Copy)]
pub(super) struct Leaves {
    prefix: bool,
    asn: bool,
    as_name: bool,
    country: bool,
    position: bool,
    vlan: bool,
    network: bool,
    locality: bool,
}

impl Leaves {
    pub(super) fn of(methods: &Methods, fields: &Fields) -> Self {
        let leaves = |field| methods.leaves(field);
        Self {
            prefix: leaves(fields.prefix),
            asn: leaves(fields.asn),
            as_name: leaves(fields.as_name),
            country: leaves(fields.country),
            position: leaves(fields.latitude),
            vlan: leaves(fields.vlan),
            network: leaves(fields.network),
            locality: leaves(fields.locality),
        }
    }
}

/// The methods of one end.
#[derive(Debug)]
pub(super) struct End {
    pub(super) addr: Option<AddressMethod>,
    pub(super) port: Option<PortMethod>,
    pub(super) leaves: Leaves,
    pub(super) grid: Option<Grid>,
}

/// One end as it leaves.
pub(super) struct Told {
    pub(super) addr: Option<IpAddr>,
    pub(super) place: Place,
}

impl End {
    /// What stands for an end. An address in a scope leaves as it is, and its prefix with it.
    #[inline]
    pub(super) fn told(
        &self,
        addr: IpAddr,
        place: &Place,
        scopes: &Scopes,
        images: &mut impl PrefixImages,
    ) -> Told {
        let method = if scopes.leave_clear(addr) {
            Some(&AddressMethod::Clear)
        } else {
            self.addr.as_ref()
        };
        let told = method.map(|method| method.address(addr, images));
        let network = |network: Network| method?.network(network, told?);
        Told {
            addr: told,
            place: self.place(place, network),
        }
    }

    #[inline]
    fn place(&self, place: &Place, map: impl FnOnce(Network) -> Option<Network>) -> Place {
        let leaves = self.leaves;
        let position = place.position.filter(|_| leaves.position);
        Place {
            prefix: place.prefix.filter(|_| leaves.prefix).and_then(map),
            asn: place.asn.filter(|_| leaves.asn),
            as_name: place.as_name.as_ref().filter(|_| leaves.as_name).cloned(),
            country: place.country.filter(|_| leaves.country),
            position: position.map(|at| self.grid.map_or(at, |grid| grid.snap(at))),
            vlan: place.vlan.filter(|_| leaves.vlan),
            network: place.network.as_ref().filter(|_| leaves.network).cloned(),
            locality: place.locality.filter(|_| leaves.locality),
        }
    }

    /// What stands for a port; 0 where none leaves.
    pub(super) fn port(&self, port: u16) -> u16 {
        self.port.as_ref().map_or(0, |method| method.port(port))
    }
}
