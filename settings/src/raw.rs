//! Raw settings: the keys of the merged layers, each with any value.
//!
//! Which keys there are is decided here and in `default.toml`, and a test holds the two
//! together. What a value must be is decided by the checked settings, so that one wrong
//! value does not hide the next.

use std::collections::BTreeMap;

use serde::Deserialize;
use toml::Value;

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Settings {
    pub(crate) mode: Value,
    pub(crate) pipeline: Pipeline,
    pub(crate) receiver: Receiver,
    pub(crate) aggregator: Aggregator,
    pub(crate) enricher: Enricher,
    pub(crate) databases: Databases,
    pub(crate) anonymizer: Anonymizer,
    pub(crate) recorder: Recorder,
    pub(crate) clients: Clients,
    pub(crate) replay: Replay,
    pub(crate) supervision: Supervision,
    pub(crate) log: Log,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Pipeline {
    pub(crate) lanes: Value,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Receiver {
    pub(crate) listen: Value,
    pub(crate) listen_tcp: Value,
    pub(crate) listen_tls: Value,
    pub(crate) receive_buffer: Value,
    pub(crate) datagrams_per_read: Value,
    pub(crate) exporters_max: Value,
    pub(crate) templates_per_exporter_max: Value,
    pub(crate) templates_keep: Value,
    pub(crate) elements: Value,
    pub(crate) streams_max: Value,
    pub(crate) streams_per_exporter_max: Value,
    pub(crate) stream_idle_timeout: Value,
    pub(crate) handshake_timeout: Value,
    pub(crate) tls: Tls,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Tls {
    pub(crate) certificate: Value,
    pub(crate) key: Value,
    pub(crate) client_ca: Value,
    pub(crate) exporters: Value,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Aggregator {
    pub(crate) idle_timeout: Value,
    pub(crate) exporter_active_timeout: Value,
    pub(crate) exporter_idle_timeout: Value,
    pub(crate) slack: Value,
    pub(crate) linger: Value,
    pub(crate) longest_lifetime: Value,
    pub(crate) flows_max: Value,
    pub(crate) filter: Value,
    pub(crate) drop_special_addresses: Value,
    pub(crate) several_exporters: Value,
    pub(crate) biflow: Value,
    pub(crate) apart_by: Value,
    pub(crate) incomplete_tcp: Value,
    pub(crate) exporters: BTreeMap<String, Exporter>,
    pub(crate) blocks: Blocks,
    pub(crate) rollup: RollUp,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct RollUp {
    pub(crate) interval: Value,
    pub(crate) key: Value,
    pub(crate) lateness: Value,
    pub(crate) groups_max: Value,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Blocks {
    pub(crate) records: Value,
    pub(crate) udp_gap: Value,
    pub(crate) other_exporters_left_out: Value,
    pub(crate) tcp_without_opening_left_out: Value,
    pub(crate) tcp_without_closing_left_out: Value,
    pub(crate) udp_gap_of_the_limit_is_active: Value,
    pub(crate) gaps_from_the_record_before: Value,
    pub(crate) sampling_ignored: Value,
    pub(crate) last_part_left_out: Value,
}

/// What is different for one exporter.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Exporter {
    pub(crate) active_timeout: Option<Value>,
    pub(crate) idle_timeout: Option<Value>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Enricher {
    pub(crate) private_prefixes: Value,
    pub(crate) private_prefixes_vlans: Value,
    pub(crate) country: Value,
    pub(crate) city: Value,
    pub(crate) asn: Value,
    pub(crate) filter: Value,
    pub(crate) look_interval: Value,
    pub(crate) rare_under: Value,
    pub(crate) versions_keep: Value,
    pub(crate) versions_keep_time: Value,
    pub(crate) site: Site,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Site {
    pub(crate) country: Value,
    pub(crate) latitude: Value,
    pub(crate) longitude: Value,
    pub(crate) asn: Value,
    pub(crate) as_name: Value,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Databases {
    pub(crate) directory: Value,
    pub(crate) sources: Value,
    pub(crate) update: Value,
    pub(crate) look_interval: Value,
    pub(crate) maxmind_account: Value,
    pub(crate) proxy: Value,
    pub(crate) authorities: Value,
    pub(crate) download_max: Value,
    pub(crate) stall_timeout: Value,
    pub(crate) download_timeout: Value,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Anonymizer {
    pub(crate) policy: Value,
    pub(crate) key_file: Value,
    pub(crate) key_epoch: Value,
    pub(crate) port_limit: Value,
    pub(crate) clear_prefixes: Value,
    pub(crate) special_addresses: Value,
    pub(crate) address_bits_v4: Value,
    pub(crate) address_bits_v6: Value,
    pub(crate) time_unit: Value,
    pub(crate) time_shift: Value,
    pub(crate) time_shift_epoch: Value,
    pub(crate) counter_digits: Value,
    pub(crate) counter_noise: Value,
    pub(crate) position_grid: Value,
    pub(crate) fields: BTreeMap<String, Value>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Recorder {
    pub(crate) directory: Value,
    pub(crate) raw: Value,
    pub(crate) prepared: Value,
    pub(crate) compression_level: Value,
    pub(crate) flush_interval: Value,
    pub(crate) segment_bytes: Value,
    pub(crate) segment_time: Value,
    pub(crate) sync: Value,
    pub(crate) sync_interval: Value,
    pub(crate) sync_bytes: Value,
    pub(crate) keep_raw_time: Value,
    pub(crate) keep_raw_bytes: Value,
    pub(crate) keep_prepared_time: Value,
    pub(crate) keep_prepared_bytes: Value,
    pub(crate) free_space_min: Value,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Clients {
    pub(crate) listen: Value,
    pub(crate) insecure: Value,
    pub(crate) sessions_max: Value,
    pub(crate) request_timeout: Value,
    pub(crate) request_bytes_max: Value,
    pub(crate) ring_bytes: Value,
    pub(crate) write_timeout: Value,
    pub(crate) legacy_positions_swapped: Value,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Replay {
    pub(crate) dataset: Value,
    pub(crate) pace: Value,
    pub(crate) databases: Value,
    pub(crate) wait_for_client: Value,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Supervision {
    pub(crate) falls_max: Value,
    pub(crate) window: Value,
    pub(crate) backoff_min: Value,
    pub(crate) backoff_max: Value,
    pub(crate) mailbox: Value,
    pub(crate) quarantine_bytes_max: Value,
    pub(crate) quarantine_directory: Value,
    pub(crate) drain_timeout: Value,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Log {
    pub(crate) level: Value,
    pub(crate) format: Value,
}
