//! CAIDA's prefix-to-AS files.

use db::source::{Dropped, Format};

use crate::{gzip, read, refused};

#[test]
fn several_origins_keep_the_order_of_how_many_peers_saw_them() {
    let file = "# made for a test\n192.0.2.0\t24\t64500\n198.51.100.0\t24\t64503_64501_64502\n\
                2001:db8::\t32\t64500\n";
    let (stated, tally) = read(Format::Pfx2As, &gzip(file.as_bytes())).unwrap();
    assert_eq!(
        stated,
        [
            "192.0.2.0/24 AS64500 by 1",
            "198.51.100.0/24 AS64502 by 1",
            "198.51.100.0/24 AS64501 by 2",
            "198.51.100.0/24 AS64503 by 3",
            "2001:db8::/32 AS64500 by 1",
        ]
    );
    assert_eq!((tally.rows, tally.stated), (3, 5));
    assert!(tally.dropped.is_empty());
}

#[test]
fn sets_of_ases_are_left_out_and_counted_and_single_origins_beside_them_stay() {
    let file = "192.0.2.0\t24\t64500_64501,64502\n198.51.100.0\t24\t{64501,64502}\n\
                203.0.113.0\t24\t{64503}\n";
    let (stated, tally) = read(Format::Pfx2As, file.as_bytes()).unwrap();
    assert_eq!(stated, ["192.0.2.0/24 AS64500 by 1"]);
    assert_eq!(tally.dropped, [(Dropped::AsSet, 3)].into());
}

#[test]
fn default_routes_and_lengths_beyond_those_of_the_global_table_are_left_out_and_counted() {
    let file = "0.0.0.0\t0\t1\n::\t0\t1\n10.0.0.0\t7\t1\n10.0.0.0\t8\t1\n10.0.0.0\t24\t1\n\
                10.0.0.0\t25\t1\n2000::\t15\t1\n2000::\t16\t1\n2000::\t48\t1\n2000::\t49\t1\n";
    let (stated, tally) = read(Format::Pfx2As, file.as_bytes()).unwrap();
    assert_eq!(
        stated,
        [
            "10.0.0.0/8 AS1 by 1",
            "10.0.0.0/24 AS1 by 1",
            "2000::/16 AS1 by 1",
            "2000::/48 AS1 by 1",
        ]
    );
    assert_eq!(
        tally.dropped,
        [(Dropped::DefaultRoute, 2), (Dropped::Length, 4)].into()
    );
}

#[test]
fn a_broken_row_refuses_the_file_and_says_its_line() {
    let many = vec!["1"; 65].join("_");
    let broken = [
        ("192.0.2.0\t24", "expected lines of a CAIDA"),
        ("192.0.2.0\t33\t1", "expected a network and the length"),
        ("192.0.2\t24\t1", "expected a network and the length"),
        ("192.0.2.0\t24\t", "found ``; expected an AS number"),
        ("192.0.2.0\t24\t1_x", "found `x`; expected an AS number"),
        ("192.0.2.0\t24\t{1,x}", "found `x`; expected an AS number"),
        (
            &format!("192.0.2.0\t24\t{many}"),
            "expected at most 64 origins",
        ),
    ];
    for (row, said) in broken {
        let file = format!("192.0.2.0\t24\t64500\n{row}\n");
        let error = refused(Format::Pfx2As, file.as_bytes());
        assert!(error.starts_with("there/file: line 2: found "), "{error}");
        assert!(error.contains(said), "{error}");
    }
}
