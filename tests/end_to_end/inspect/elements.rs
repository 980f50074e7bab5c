//! Enterprises' elements: from a file, and those that nobody knows.

use serde_json::Value;

use super::{inspect, lines, made, of_kind};
use crate::support::exporter::Exporter;
use crate::support::program::run;
use crate::support::{Launch, Scratch};

const FILE: &str = "enterprise,id,name,type,semantics,units,status\n\
                    # of an enterprise\n\
                    9,500,colour,string,,,current\n";

#[test]
fn elements_that_a_file_names_have_name_and_type() {
    let scratch = Scratch::new();
    let packets = made::datagrams(&made::ipfix_messages());
    let file = scratch.file("a.pcap", made::pcap(&packets));
    let elements = scratch.file("elements.csv", FILE);
    let elements = elements.to_str().unwrap();
    let colour = |args: &[&str]| -> Value {
        let told = lines(&inspect(&scratch, &file, args));
        let fields = &of_kind(&told, "record")[0]["fields"];
        [&fields["colour"], &fields["9/500"]]
            .map(Clone::clone)
            .to_vec()
            .into()
    };
    assert_eq!(colour(&[]), Value::from(vec![Value::Null, "616263".into()]));
    let named = Value::from(vec!["abc".into(), Value::Null]);
    assert_eq!(colour(&["--elements", elements]), named);
    let setting = format!("receiver.elements=\"{elements}\"");
    assert_eq!(colour(&["--set", &setting]), named);
}

#[test]
fn a_file_of_elements_that_is_broken_ends_every_command_that_reads_it() {
    let scratch = Scratch::new();
    let rows = format!("{FILE}9,501,size,unsigned24,,,\n");
    scratch.file("broken.csv", rows);
    let setting = "receiver.elements=broken.csv";
    let expected = "broken.csv: line 4: type \"unsigned24\", where one of RFC 7012 was expected";
    for command in ["run", "check"] {
        let outcome = run(&scratch, &[command, "--set", setting]);
        assert!(outcome.failed(1).starts_with(expected), "{outcome:?}");
    }
    let file = scratch.file("a.pcap", made::pcap(&[]));
    let outcome = inspect(&scratch, &file, &["--elements", "broken.csv"]);
    assert!(outcome.failed(1).starts_with(expected), "{outcome:?}");
    scratch.file("large.csv", vec![b'#'; (16 << 20) + 1]);
    let large = run(&scratch, &["check", "--set", "receiver.elements=large.csv"]);
    assert!(large.failed(1).contains("larger than 16777216 octets"));
    let absent = run(
        &scratch,
        &["check", "--set", "receiver.elements=absent.csv"],
    );
    assert!(
        absent
            .failed(1)
            .starts_with("cannot read the elements absent.csv")
    );
}

#[test]
fn the_service_names_elements_that_nobody_knows_once_and_counts_them() {
    let scratch = Scratch::new();
    let service = Launch::new(&scratch, "data").with_short_timeouts().start();
    let exporter = Exporter::at("127.0.0.7", service.exporter_port());
    for message in made::ipfix_messages().iter().cycle().take(6) {
        exporter.send(message);
    }
    let told = service.wait_for_message("elements of templates are not known");
    assert_eq!(
        (&told["elements"], &told["more"]),
        (&"9/500".into(), &0.into())
    );
    let ended = service.end();
    let times = ended
        .log
        .matches("elements of templates are not known")
        .count();
    assert_eq!(times, 1, "{}", ended.log);
}
