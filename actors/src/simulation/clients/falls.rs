//! A session that falls goes on where it was; its client does not notice.

use std::time::Duration;

use tokio::time::sleep;

use super::client::Client;
use super::house::{House, USUAL, in_real_time};
use crate::client_session;
use crate::simulation::fault::arm_next;
use crate::supervision::Incident;

#[test]
fn a_session_that_falls_goes_on_where_it_was() {
    in_real_time(async {
        let mut house = House::open("session-falls", USUAL).await;
        for _ in 0..60 {
            house.publish(20).await;
        }
        house.settle().await;
        // Once before the request is read, then from the store, then live.
        arm_next(client_session::NAME);
        let request = "{\"start\":\"earliest\",\"features\":[\"seq\"]}";
        let client = Client::ask(house.address, None, request).await;
        let reading = actix::spawn(client.read_all());
        for _ in 0..20 {
            arm_next(client_session::NAME);
            house.publish(20).await;
            sleep(Duration::from_millis(3)).await;
        }
        house.settle().await;
        let totals = house.close().await;
        let got = reading.await.unwrap();
        got.assert_is(0..1_600);
        assert_eq!((got.missed(), totals.flows_delivered), (0, 1_600));
        let fell = |incident: &&Incident| matches!(incident, Incident::Fell { .. });
        let falls = house.incidents.lock().unwrap().iter().filter(fell).count();
        assert!(falls >= 10, "{falls} falls");
    });
}
