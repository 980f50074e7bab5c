//! The targets hold on their seeds, and on seeds with an octet changed.

#[path = "../examples/seeds.rs"]
mod seeds;

use flowstream_fuzz::TARGETS;

#[test]
fn every_target_has_seeds_and_holds_on_them() {
    for ((target, run), (name, seeds)) in TARGETS.into_iter().zip(seeds::all()) {
        assert_eq!(target, name);
        assert!(!seeds.is_empty(), "{target}");
        for seed in seeds {
            run(&seed);
            for at in (0..seed.len()).step_by(7) {
                let mut damaged = seed.clone();
                damaged[at] ^= 0x81;
                run(&damaged);
            }
        }
    }
}
