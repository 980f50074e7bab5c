//! A fall is survived wherever it happens, with mailbox and state.

use std::time::Duration;

use tokio::time::sleep;

use super::walker::{Do, Hear, Place, Walker, causes, rests, walk, walk_as_usual};
use crate::simulation::collector::tell;
use crate::simulation::{POLICY, paused};

#[test]
fn a_fall_keeps_the_mailbox_and_the_state() {
    paused(async {
        let (walker, incidents) = walk_as_usual(&[]);
        for number in 1..=3 {
            tell(&walker, Hear(number));
        }
        let fell = walker.send(Do::Fall);
        let after = walker.send(Hear(4));
        assert!(fell.await.is_err(), "the message that fell has no answer");
        assert_eq!(after.await, Ok(vec![1, 2, 3, 4]));
        assert_eq!(rests(&incidents), [100]);
        assert_eq!(causes(&incidents), ["staged: walker fell in a handler"]);
    });
}

#[test]
fn a_fall_is_survived_wherever_it_happens() {
    paused(async {
        let places = [Place::Started, Place::Timer, Place::Future, Place::Stopped];
        let (walker, incidents) = walk_as_usual(&places);
        assert_eq!(walker.send(Hear(1)).await, Ok(vec![1]), "after its start");
        sleep(Duration::from_secs(30)).await;
        tell(&walker, Do::Fall);
        assert_eq!(walker.send(Hear(2)).await, Ok(vec![1, 2]));
        tell(&walker, Do::Stop);
        assert_eq!(walker.send(Hear(3)).await, Ok(vec![1, 2, 3]));
        let fell = |place: &str| format!("staged: walker fell in {place}");
        let all = ["Started", "Timer", "Future", "a handler", "Stopped"];
        assert_eq!(causes(&incidents), all.map(fell));
    });
}

#[test]
fn a_fall_while_it_restarts_gives_it_up_and_says_so() {
    paused(async {
        let (walker, incidents) = walk_as_usual(&[Place::Restarting]);
        let (first, second) = (walker.send(Do::Fall), walker.send(Hear(1)));
        assert!(first.await.is_err() && second.await.is_err());
        sleep(Duration::from_millis(1)).await;
        assert_eq!(
            causes(&incidents),
            [
                "staged: walker fell in a handler",
                "gave up: staged: walker fell in Restarting"
            ]
        );
        assert!(!walker.connected());
    });
}

#[test]
fn a_stop_is_no_fall_and_costs_no_rest() {
    paused(async {
        let (walker, incidents) = walk_as_usual(&[]);
        for number in 1..=20 {
            tell(&walker, Do::Stop);
            assert_eq!(
                walker.send(Hear(number)).await.map(|all| all.len()),
                Ok(number as usize)
            );
        }
        assert_eq!(causes(&incidents), ["restarted"; 20]);
    });
}

#[test]
fn an_actor_that_stops_at_every_start_does_not_starve_its_neighbours() {
    paused(async {
        let restless = Walker {
            restless: true,
            ..Walker::default()
        };
        let starts = restless.starts.clone();
        let (restless, _) = walk(POLICY, restless);
        let (neighbour, _) = walk_as_usual(&[]);
        for number in 0..100 {
            assert!(neighbour.send(Hear(number)).await.is_ok());
        }
        let starts = starts.lock().unwrap().len();
        assert!((50..5_000).contains(&starts), "{starts} starts meanwhile");
        drop(restless);
        sleep(Duration::from_millis(1)).await;
    });
}

#[test]
fn when_the_last_address_is_gone_the_queue_is_drained_and_the_actor_ends() {
    paused(async {
        let walker = Walker::default();
        let (heard, starts) = (walker.heard.clone(), walker.starts.clone());
        let (walker, incidents) = walk(POLICY, walker);
        tell(&walker, Hear(1));
        tell(&walker, Do::Fall);
        tell(&walker, Hear(2));
        let weak = walker.downgrade();
        drop(walker);
        sleep(Duration::from_secs(1)).await;
        assert_eq!(*heard.lock().unwrap(), [1, 2], "before the fall and after");
        assert_eq!(
            starts.lock().unwrap().len(),
            2,
            "it began anew all the same"
        );
        assert!(weak.upgrade().is_none());
        assert_eq!(rests(&incidents), [100]);
    });
}

#[test]
fn futures_and_timers_begin_anew_after_a_fall() {
    paused(async {
        let walker = Walker::falling_in(&[Place::Future]);
        let starts = walker.starts.clone();
        let (walker, incidents) = walk(POLICY, walker);
        tell(&walker, Do::Fall);
        sleep(Duration::from_secs(1)).await;
        assert_eq!(
            rests(&incidents),
            [100, 200],
            "the handler, then the future"
        );
        let starts = starts.lock().unwrap();
        let gaps: Vec<_> = starts.windows(2).map(|two| two[1] - two[0]).collect();
        // The rest, and before the second fall the 20 ms of the future.
        assert_eq!(
            gaps.iter().map(Duration::as_millis).collect::<Vec<_>>(),
            [100, 220]
        );
        drop(walker);
    });
}
