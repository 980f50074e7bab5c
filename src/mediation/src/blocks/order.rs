//! The order of the flows of a block, for whoever puts those of several lanes together.

use super::Rank;
use crate::anonymize::AnonymizedFlow;

/// The ranks of the flows of one block; a flow's rank is found by its place.
#[derive(Debug, Clone, Default)]
pub struct Order {
    ranks: Vec<Rank>,
}

impl Order {
    /// Takes the ranks of further flows in.
    pub fn extend(&mut self, ranks: &[Rank]) {
        self.ranks.extend_from_slice(ranks);
    }

    /// Puts flows into the order of the block. No flow of a block is without a rank; it
    /// would come last.
    ///
    /// Unlike [`AnonymizedFlow::stream_order`] it rests on what the flows were made of:
    /// where keys first appeared, also by records that were left out, and which flows are
    /// of one key even if their ports were replaced.
    pub fn sort(mut self, flows: &mut [AnonymizedFlow]) {
        self.ranks.sort_unstable_by_key(Rank::place);
        let rank_of = |flow: &AnonymizedFlow| {
            let place = flow.flow().block_place?;
            let at = self.ranks.binary_search_by_key(&place, Rank::place).ok()?;
            self.ranks.get(at).copied()
        };
        flows.sort_by_cached_key(|flow| {
            let rank = rank_of(flow);
            (rank.is_none(), rank)
        });
    }
}
