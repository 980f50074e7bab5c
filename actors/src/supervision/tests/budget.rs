//! How often an actor may fall, how long it rests, and what becomes of the others.

use std::time::Duration;

use tokio::time::sleep;

use super::walker::{Do, Hear, Walker, causes, rests, walk, walk_as_usual};
use crate::simulation::collector::tell;
use crate::simulation::{POLICY, paused};
use crate::supervision::{Backoff, Policy};

#[test]
fn rests_double_from_the_shortest_to_the_longest() {
    paused(async {
        let policy = Policy {
            falls_max: 7,
            backoff: Backoff {
                min: Duration::from_millis(100),
                max: Duration::from_secs(1),
            },
            ..POLICY
        };
        let walker = Walker::default();
        let starts = walker.starts.clone();
        let (walker, incidents) = walk(policy, walker);
        for _ in 0..7 {
            tell(&walker, Do::Fall);
        }
        assert!(walker.send(Hear(1)).await.is_ok());
        let expected = [100, 200, 400, 800, 1_000, 1_000, 1_000];
        assert_eq!(rests(&incidents), expected);
        let starts = starts.lock().unwrap();
        let gaps = starts.windows(2).map(|two| (two[1] - two[0]).as_millis());
        assert_eq!(
            gaps.collect::<Vec<_>>(),
            expected,
            "it rests as long as it says"
        );
    });
}

#[test]
fn one_fall_too_many_within_the_window_gives_it_up_and_its_neighbour_goes_on() {
    paused(async {
        let (walker, incidents) = walk_as_usual(&[]);
        let (neighbour, others) = walk_as_usual(&[]);
        for _ in 0..6 {
            tell(&walker, Do::Fall);
        }
        let behind = walker.send(Hear(1));
        assert!(behind.await.is_err(), "what waits for it is given back");
        sleep(Duration::from_millis(1)).await;
        assert_eq!(rests(&incidents), [100, 200, 400, 800, 1_600]);
        let causes = causes(&incidents);
        assert_eq!(causes[5], "gave up: staged: walker fell in a handler");
        assert!(!walker.connected());
        assert_eq!(neighbour.send(Hear(1)).await, Ok(vec![1]));
        assert!(others.lock().unwrap().is_empty());
    });
}

#[test]
fn falls_that_have_left_the_window_do_not_count() {
    paused(async {
        let (walker, incidents) = walk_as_usual(&[]);
        for number in 1..=30_u32 {
            tell(&walker, Do::Fall);
            assert_eq!(
                walker.send(Hear(number)).await.map(|all| all.len()),
                Ok(number as usize)
            );
            sleep(POLICY.window).await;
        }
        assert_eq!(rests(&incidents), [100; 30]);
    });
}

#[test]
fn so_many_falls_as_allowed_are_survived_in_each_window() {
    paused(async {
        let (walker, incidents) = walk_as_usual(&[]);
        for _ in 0..5 {
            for _ in 0..POLICY.falls_max {
                tell(&walker, Do::Fall);
            }
            sleep(POLICY.window * 2).await;
        }
        assert!(walker.send(Hear(1)).await.is_ok());
        assert_eq!(rests(&incidents).len(), 25);
    });
}
