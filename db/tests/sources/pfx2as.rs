//! CAIDA's prefix-to-AS files.

use db::source::{Dropped, Format};

use crate::{gzip, read, refused};

#[test]
fn several_origins_keep_the_order_of_how_many_peers_saw_them() {
    let file = "# made for a test\n11.0.2.0\t24\t100\n11.51.100.0\t24\t103_101_102\n\
                2400:db8::\t32\t100\n";
    let (stated, tally) = read(Format::Pfx2As, &gzip(file.as_bytes())).unwrap();
    assert_eq!(
        stated,
        [
            "11.0.2.0/24 AS100 by 1",
            "11.51.100.0/24 AS102 by 1",
            "11.51.100.0/24 AS101 by 2",
            "11.51.100.0/24 AS103 by 3",
            "2400:db8::/32 AS100 by 1",
        ]
    );
    assert_eq!((tally.rows, tally.stated), (3, 5));
    assert!(tally.dropped.is_empty());
}

#[test]
fn sets_of_ases_are_left_out_and_counted_and_single_origins_beside_them_stay() {
    let file = "11.0.2.0\t24\t100_101,102\n11.51.100.0\t24\t{101,102}\n\
                11.0.113.0\t24\t{103}\n";
    let (stated, tally) = read(Format::Pfx2As, file.as_bytes()).unwrap();
    assert_eq!(stated, ["11.0.2.0/24 AS100 by 1"]);
    assert_eq!(tally.dropped, [(Dropped::AsSet, 3)].into());
}

#[test]
fn default_routes_and_lengths_beyond_those_of_the_global_table_are_left_out_and_counted() {
    let file = "0.0.0.0\t0\t1\n::\t0\t1\n11.0.0.0\t7\t1\n11.0.0.0\t8\t1\n11.0.0.0\t24\t1\n\
                11.0.0.0\t25\t1\n2400::\t15\t1\n2400::\t16\t1\n2400::\t48\t1\n2400::\t49\t1\n";
    let (stated, tally) = read(Format::Pfx2As, file.as_bytes()).unwrap();
    assert_eq!(
        stated,
        [
            "11.0.0.0/8 AS1 by 1",
            "11.0.0.0/24 AS1 by 1",
            "2400::/16 AS1 by 1",
            "2400::/48 AS1 by 1",
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
        ("11.0.2.0\t24", "expected lines of a CAIDA"),
        ("11.0.2.0\t33\t1", "expected a network and the length"),
        ("11.0.2\t24\t1", "expected a network and the length"),
        ("11.0.2.0\t24\t", "found ``; expected an AS number"),
        ("11.0.2.0\t24\t1_x", "found `x`; expected an AS number"),
        ("11.0.2.0\t24\t{1,x}", "found `x`; expected an AS number"),
        (
            &format!("11.0.2.0\t24\t{many}"),
            "expected at most 64 origins",
        ),
    ];
    for (row, said) in broken {
        let file = format!("11.0.2.0\t24\t100\n{row}\n");
        let error = refused(Format::Pfx2As, file.as_bytes());
        assert!(error.starts_with("there/file: line 2: found "), "{error}");
        assert!(error.contains(said), "{error}");
    }
}

#[test]
fn bogons_and_reserved_ases_are_left_out_and_counted() {
    let file = "10.0.0.0\t8\t1\n2001:db8::\t32\t1\n11.0.0.0\t8\t64512_1_0\n";
    let (stated, tally) = read(Format::Pfx2As, file.as_bytes()).unwrap();
    assert_eq!(stated, ["11.0.0.0/8 AS1 by 1"]);
    let dropped = [
        (Dropped::Bogon, 2),
        (Dropped::ReservedAs, 1),
        (Dropped::NotRouted, 1),
    ];
    assert_eq!(tally.dropped, dropped.into());
}
