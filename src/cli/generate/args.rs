//! The command line of `flowstream generate`, and what it means.

use std::net::{SocketAddr, ToSocketAddrs};
use std::path::PathBuf;

use super::GenerateError;
use super::exporter::LEAST_PAYLOAD;
use super::generator::{MOST_PAYLOAD, Options, Rate};
use super::outlet::Way;
use super::population::MOST_HOSTS;
use super::send::Routes;
use super::tls::{TlsClient, TlsFiles};
use super::traffic::Mix;
use super::wire::Protocol;

/// The most exporters: each has a socket for each destination.
const MOST_EXPORTERS: usize = 1_024;
/// The rate of a capture whose rate is `max`.
const CAPTURE_RATE: u64 = 1_000_000;

/// Generates the traffic of a campus and exports it as flow records.
///
/// The same seed gives the same traffic. Addresses are from the ranges for
/// benchmarks and documentation only. In sFlow a record is a flow sample: one packet of
/// 100, so that it counts 100 packets of its size in the totals.
#[derive(Debug, clap::Args)]
pub(crate) struct GenerateArgs {
    /// Where to send; may be repeated, every exporter sends to all [default:
    /// 127.0.0.1:4739 for IPFIX, 127.0.0.1:2055 for NetFlow, 127.0.0.1:6343 for sFlow]
    #[arg(long, value_name = "HOST:PORT")]
    to: Vec<String>,
    /// Send over TCP instead of UDP: IPFIX only, templates once
    #[arg(long, conflicts_with_all = ["pcap", "tls"])]
    tcp: bool,
    /// Send over TLS: as over TCP, to port 4740 unless `--to` says otherwise
    #[arg(long, conflicts_with = "pcap", requires_all = ["ca", "certificate", "key"])]
    tls: bool,
    /// The authorities that sign collectors' certificates, PEM
    #[arg(long, value_name = "FILE", requires = "tls")]
    ca: Option<PathBuf>,
    /// The certificate to show to collectors, PEM
    #[arg(long, value_name = "FILE", requires = "tls")]
    certificate: Option<PathBuf>,
    /// The key of that certificate, PEM
    #[arg(long, value_name = "FILE", requires = "tls")]
    key: Option<PathBuf>,
    /// Write a packet capture instead of sending
    #[arg(long, value_name = "FILE")]
    pcap: Option<PathBuf>,
    /// Protocols, which exporters take in turn
    #[arg(long, value_enum, value_delimiter = ',', default_value = "ipfix")]
    protocol: Vec<Protocol>,
    /// Send exactly so many flow records; of sFlow, flow samples
    #[arg(long, value_name = "RECORDS", default_value_t = 10_000)]
    count: u64,
    /// Records a second, or `max`
    #[arg(long, value_name = "RECORDS/S", default_value = "1000", value_parser = rate)]
    rate: Rate,
    /// From which the whole traffic follows
    #[arg(long, value_name = "N", default_value_t = 1)]
    seed: u64,
    /// Share of flows over IPv6; NetFlow v5 has none
    #[arg(long, value_name = "SHARE", default_value = "0.2", value_parser = share)]
    ipv6: f64,
    /// Share of TCP flows that never close
    #[arg(long, value_name = "SHARE", default_value = "0.1", value_parser = share)]
    unclosed: f64,
    /// Share of flows that last longer than the active timeout
    #[arg(long, value_name = "SHARE", default_value = "0.02", value_parser = share)]
    long: f64,
    /// After how long the exporters cut a flow
    #[arg(long, value_name = "SECONDS", default_value_t = 60,
          value_parser = clap::value_parser!(i64).range(1..=1_800))]
    active_timeout: i64,
    /// How many exporters there are [default: one for each protocol]
    #[arg(long, value_name = "N")]
    exporters: Option<usize>,
    /// The most octets of a datagram
    #[arg(long, value_name = "BYTES", default_value_t = 1_400,
          value_parser = clap::value_parser!(u16).range(LEAST_PAYLOAD as i64..=MOST_PAYLOAD as i64))]
    payload: u16,
    /// Send templates again after so many datagrams; of sFlow, counters
    #[arg(long, value_name = "N", default_value_t = 256,
          value_parser = clap::value_parser!(u64).range(1..))]
    template_every: u64,
    /// How many hosts the campus has
    #[arg(long, value_name = "N", default_value_t = 4_096,
          value_parser = clap::value_parser!(u32).range(1..=i64::from(MOST_HOSTS)))]
    hosts: u32,
    /// When the run begins on the exporters' clocks [default: now]
    #[arg(long, value_name = "UNIX_SECONDS",
          value_parser = clap::value_parser!(u32).range(86_400..))]
    epoch: Option<u32>,
    /// Send to other machines, too
    #[arg(long)]
    allow_remote: bool,
    /// How the totals are written to standard output
    #[arg(long, value_enum, default_value = "text")]
    format: Format,
}

/// How the totals are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub(super) enum Format {
    /// Aligned lines for people
    Text,
    /// One JSON object on one line
    Json,
}

/// What the command line asks for.
#[derive(Debug)]
pub(super) struct Task {
    pub(super) options: Options,
    pub(super) routes: Routes,
    pub(super) capture: Option<PathBuf>,
    pub(super) way: Way,
    pub(super) format: Format,
}

impl GenerateArgs {
    /// The task, given the present time for a run that is to begin now.
    pub(super) fn task(self, now_ms: i64) -> Result<Task, GenerateError> {
        let exporters = self.exporters()?;
        let allow_remote = self.allow_remote || self.pcap.is_some();
        let is_stream = self.tcp || self.tls;
        if is_stream && exporters.iter().any(|p| *p != Protocol::Ipfix) {
            return Err(GenerateError::NotIpfix);
        }
        let named = named(&self.to, allow_remote)?;
        let routes = routes(&named, &exporters, if self.tls { 4_740 } else { 4_739 });
        let way = self.way(&named)?;
        let rate = match self.rate {
            Rate::Max if self.pcap.is_some() => Rate::PerSecond(CAPTURE_RATE),
            rate => rate,
        };
        let options = Options {
            seed: self.seed,
            count: self.count,
            rate,
            epoch_ms: self.epoch.map_or(now_ms, |secs| i64::from(secs) * 1_000),
            exporters,
            payload: self.payload.into(),
            // Over a stream templates last as long as the session.
            template_every: if is_stream {
                u64::MAX
            } else {
                self.template_every
            },
            active_timeout_ms: self.active_timeout * 1_000,
            hosts: self.hosts,
            mix: Mix {
                ipv6: self.ipv6,
                unclosed: self.unclosed,
                long: self.long,
            },
        };
        Ok(Task {
            options,
            routes,
            capture: self.pcap,
            way,
            format: self.format,
        })
    }

    /// How messages go to the destinations that are named.
    fn way(&self, named: &[Named]) -> Result<Way, GenerateError> {
        let files = match (&self.ca, &self.certificate, &self.key) {
            (Some(ca), Some(certificate), Some(key)) if self.tls => TlsFiles {
                ca: ca.clone(),
                certificate: certificate.clone(),
                key: key.clone(),
            },
            _ if self.tcp => return Ok(Way::Tcp),
            _ => return Ok(Way::Udp),
        };
        let hosts = named.iter().map(|named| (named.to, named.host.clone()));
        Ok(Way::Tls(TlsClient::load(&files, hosts)?))
    }

    /// The protocol of each exporter.
    fn exporters(&self) -> Result<Vec<Protocol>, GenerateError> {
        let protocols = self.protocol.len();
        let exporters = self.exporters.unwrap_or(protocols);
        if exporters < protocols || exporters > MOST_EXPORTERS {
            return Err(GenerateError::Exporters {
                exporters,
                protocols,
                most: MOST_EXPORTERS,
            });
        }
        let in_turn = self.protocol.iter().copied().cycle();
        Ok(in_turn.take(exporters).collect())
    }
}

/// A destination under the name it was given.
struct Named {
    to: SocketAddr,
    host: String,
}

fn named(to: &[String], allow_remote: bool) -> Result<Vec<Named>, GenerateError> {
    let named = |name: &String| {
        let host = name
            .rsplit_once(':')
            .map_or(name.as_str(), |(host, _)| host);
        let to = resolve(name, allow_remote)?;
        Ok(Named {
            to,
            host: host.trim_matches(['[', ']']).to_owned(),
        })
    };
    to.iter().map(named).collect()
}

/// Where each exporter sends: to all that are named, or to the port that is usual
/// for its protocol.
fn routes(named: &[Named], exporters: &[Protocol], ipfix: u16) -> Routes {
    let usual = |protocol: &Protocol| match protocol {
        Protocol::V5 | Protocol::V9 => SocketAddr::from(([127, 0, 0, 1], 2_055)),
        Protocol::Sflow => SocketAddr::from(([127, 0, 0, 1], 6_343)),
        Protocol::Ipfix => SocketAddr::from(([127, 0, 0, 1], ipfix)),
    };
    exporters
        .iter()
        .map(|protocol| {
            if named.is_empty() {
                vec![usual(protocol)]
            } else {
                named.iter().map(|named| named.to).collect()
            }
        })
        .collect()
}

/// The address of a destination: an IPv4 one if its name has several.
fn resolve(name: &str, allow_remote: bool) -> Result<SocketAddr, GenerateError> {
    let unknown = |error| GenerateError::Resolve {
        to: name.to_owned(),
        error,
    };
    let found: Vec<SocketAddr> = name.to_socket_addrs().map_err(unknown)?.collect();
    let best = found.iter().find(|to| to.is_ipv4()).or(found.first());
    let to = *best.ok_or_else(|| unknown(std::io::Error::other("the name has no address")))?;
    if to.ip().to_canonical().is_loopback() || allow_remote {
        Ok(to)
    } else {
        Err(GenerateError::Remote(to))
    }
}

fn share(text: &str) -> Result<f64, String> {
    match text.parse::<f64>() {
        Ok(share) if (0.0..=1.0).contains(&share) => Ok(share),
        _ => Err("a share is a number from 0 to 1".to_owned()),
    }
}

pub(crate) fn rate(text: &str) -> Result<Rate, String> {
    match text.parse::<u64>() {
        _ if text == "max" => Ok(Rate::Max),
        Ok(rate) if rate > 0 => Ok(Rate::PerSecond(rate)),
        _ => Err("a rate is a whole number from 1, or `max`".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::Parser;

    #[derive(Debug, Parser)]
    struct Line {
        #[command(flatten)]
        args: GenerateArgs,
    }

    fn task(line: &str) -> Result<Task, String> {
        let words = std::iter::once("generate").chain(line.split_whitespace());
        let line = Line::try_parse_from(words).map_err(|error| error.to_string())?;
        line.args.task(5_500).map_err(|error| error.to_string())
    }

    #[test]
    fn nothing_said_means_the_defaults_of_the_manual() {
        let task = task("").unwrap();
        let defaults = Options {
            epoch_ms: 5_500,
            ..Options::default()
        };
        assert_eq!(task.options, defaults);
        let usual: SocketAddr = "127.0.0.1:4739".parse().unwrap();
        assert_eq!(task.routes, vec![vec![usual]]);
    }

    #[test]
    fn exporters_take_the_protocols_in_turn_each_to_its_usual_port() {
        let four = task("--protocol v5,ipfix --protocol v9 --exporters 4").unwrap();
        use Protocol::{Ipfix, V5, V9};
        assert_eq!(four.options.exporters, [V5, Ipfix, V9, V5]);
        let ports: Vec<u16> = four.routes.iter().map(|route| route[0].port()).collect();
        assert_eq!(ports, [2_055, 4_739, 2_055, 2_055]);
        assert!(task("--protocol v5,v9 --exporters 1").is_err());
        assert!(task("--exporters 1025").is_err());
    }

    #[test]
    fn only_ipfix_goes_over_streams_and_templates_go_once() {
        let over_tcp = task("--tcp").unwrap();
        assert!(matches!(over_tcp.way, Way::Tcp));
        assert_eq!(over_tcp.options.template_every, u64::MAX);
        assert_eq!(over_tcp.routes[0][0].port(), 4_739);
        assert!(
            task("--tcp --protocol v9")
                .unwrap_err()
                .contains("--protocol ipfix")
        );
        for line in ["--tcp --tls", "--tls", "--tcp --pcap x", "--ca x"] {
            assert!(task(line).is_err(), "{line}");
        }
        let files = "--ca none --certificate none --key none";
        let refused = task(&format!("--tls {files}")).unwrap_err();
        assert!(
            refused.contains("none") && refused.contains("PEM"),
            "{refused}"
        );
    }

    #[test]
    fn every_exporter_sends_to_every_named_destination() {
        let task = task("--to 127.0.0.1:1 --to [::1]:2 --exporters 2").unwrap();
        assert_eq!(task.routes.len(), 2);
        assert!(task.routes.iter().all(|route| route.len() == 2));
    }

    #[test]
    fn other_machines_need_a_word_but_captures_do_not() {
        let refused = task("--to 192.0.2.1:2055").unwrap_err();
        assert!(refused.contains("--allow-remote"), "{refused}");
        assert!(task("--to 192.0.2.1:2055 --allow-remote").is_ok());
        assert!(task("--to 192.0.2.1:2055 --pcap x").is_ok());
    }

    #[test]
    fn a_capture_at_the_highest_rate_has_a_rate() {
        let rate = task("--rate max --pcap x").unwrap().options.rate;
        assert_eq!(rate, Rate::PerSecond(CAPTURE_RATE));
        assert_eq!(task("--rate max").unwrap().options.rate, Rate::Max);
    }

    #[test]
    fn values_out_of_range_are_refused() {
        for line in [
            "--ipv6 1.1",
            "--long -0.1",
            "--unclosed NaN",
            "--rate 0",
            "--rate fast",
            "--payload 511",
            "--payload 65508",
            "--template-every 0",
            "--active-timeout 0",
            "--hosts 0",
            "--epoch -1",
            "--to nowhere",
        ] {
            assert!(task(line).is_err(), "{line}");
        }
    }
}
