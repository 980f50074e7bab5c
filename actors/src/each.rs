//! A batch through a pure function, with the flows it cannot take sorted out.

use std::panic::{RefUnwindSafe, UnwindSafe};

use crate::supervision::{Fault, guard};

/// A batch after a pure function went over it.
pub(crate) struct Sorted<In, Out> {
    /// What came out, in order.
    pub(crate) done: Vec<Out>,
    /// What the function panicked on, each with the reason.
    pub(crate) poison: Vec<(Fault, In)>,
    /// The flows behind `done`; `None` where that is the whole batch.
    pub(crate) kept: Option<Vec<In>>,
}

/// Runs `work` over the batch. If it panics, runs it over each flow alone, so that only
/// those go to quarantine that cause it, and not their neighbours.
pub(crate) fn sort_out<In, Out>(
    batch: &[In],
    work: impl Fn(&[In]) -> Vec<Out> + UnwindSafe + RefUnwindSafe,
) -> Sorted<In, Out>
where
    In: Clone + RefUnwindSafe,
{
    let work = &work;
    if let Ok(done) = guard(|| work(batch)) {
        return Sorted {
            done,
            poison: Vec::new(),
            kept: None,
        };
    }
    let (mut done, mut poison, mut kept) = (Vec::new(), Vec::new(), Vec::new());
    for flow in batch {
        match guard(|| work(std::slice::from_ref(flow))) {
            Ok(out) => {
                done.extend(out);
                kept.push(flow.clone());
            }
            Err(fault) => poison.push((fault, flow.clone())),
        }
    }
    Sorted {
        done,
        poison,
        kept: Some(kept),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_causes_a_panic_is_sorted_out() {
        let halve = |numbers: &[u32]| {
            let half = |n: &u32| {
                assert!(n.is_multiple_of(2), "odd: {n}");
                n / 2
            };
            numbers.iter().map(half).collect::<Vec<u32>>()
        };
        let sorted = sort_out(&[2, 4, 5, 6, 7], halve);
        assert_eq!(sorted.done, [1, 2, 3]);
        let poison: Vec<_> = sorted
            .poison
            .iter()
            .map(|(f, n)| (f.text().to_owned(), *n))
            .collect();
        assert_eq!(poison, [("odd: 5".to_owned(), 5), ("odd: 7".to_owned(), 7)]);
        assert_eq!(sorted.kept, Some(vec![2, 4, 6]));
        let whole = sort_out(&[8], halve);
        assert_eq!((whole.done, whole.kept), (vec![4], None));
    }
}
