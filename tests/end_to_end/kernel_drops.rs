//! What the kernel cannot hold is lost, and counted exactly.

use std::thread::sleep;
use std::time::Duration;

use crate::support::exporter::{Exporter, Sample, v5};
use crate::support::{Launch, Scratch};

/// Datagrams of the burst.
const BURST: u32 = 5_000;

/// More than a small receive buffer holds arrives while the service does not run at all.
/// What follows the burst, if anything does, is sent once the service runs again.
fn burst(follows: u32) {
    let scratch = Scratch::new();
    let launch = Launch::new(&scratch, "data").set("receiver.receive_buffer", "64 KiB");
    let service = launch.start();
    let exporter = Exporter::at("127.0.0.1", service.exporter_port());
    let send = |number| exporter.send(&v5(number, &[Sample(1)]));
    service.signal("STOP");
    (0..BURST).for_each(send);
    service.signal("CONT");
    for number in 0..follows {
        // The kernel tells of its drops with a datagram that it received after them; the
        // first of these may find the buffer still full.
        sleep(Duration::from_millis(20));
        send(BURST + number);
    }
    if follows > 0 {
        service.wait_for_message("the kernel dropped datagrams");
    }
    let ended = service.end();
    assert_eq!(ended.code, Some(0), "{}", ended.log);
    let (received, dropped) = (
        ended.drained("datagrams"),
        ended.drained("dropped_by_kernel"),
    );
    assert!(dropped > 0, "{}", ended.log);
    assert_eq!(
        received + dropped,
        u64::from(BURST + follows),
        "{}",
        ended.log
    );
    assert_eq!(ended.drained("records"), received);
}

#[test]
fn a_burst_beyond_the_receive_buffer_is_counted_to_the_datagram() {
    burst(20);
}

#[test]
fn a_burst_is_counted_though_nothing_follows_it() {
    burst(0);
}
