//! What a stream says besides its flows: declared gaps, changes of key, and its end.
//!
//! In JSON Lines a notice is an object with the one member `gap`, `key` or `end`, which no
//! flow has; in CSV, whatever its columns, it is a comment line that begins with `#`.

use mediation::anonymize::KeyName;

use crate::Format;

/// Why flows are missing from a client's stream.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum GapReason {
    /// The client read so slowly that they were gone before it could get them.
    Slow,
    /// They were not recorded, or are not stored any more.
    NotStored,
}

impl GapReason {
    const fn name(self) -> &'static str {
        match self {
            Self::Slow => "slow_client",
            Self::NotStored => "not_stored",
        }
    }
}

/// Why a stream ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum EndReason {
    /// A replay has come to its end.
    EndOfReplay,
    /// The server is going down.
    Shutdown,
}

impl EndReason {
    const fn name(self) -> &'static str {
        match self {
            Self::EndOfReplay => "end_of_replay",
            Self::Shutdown => "shutdown",
        }
    }
}

/// The line that declares positions `from` to before `next` missing.
#[must_use]
pub fn gap(format: Format, from: u64, next: u64, reason: GapReason) -> Vec<u8> {
    let (to, reason) = (next.saturating_sub(1), reason.name());
    match format {
        Format::Jsonl => {
            format!("{{\"gap\":{{\"from\":{from},\"to\":{to},\"reason\":\"{reason}\"}}}}\n")
        }
        Format::Csv | Format::Legacy => format!("# gap from={from} to={to} reason={reason}\n"),
    }
    .into_bytes()
}

/// The line that says that flows from position `from` on left under another key than those
/// before; `None`: under no key at all.
#[must_use]
pub fn key(format: Format, from: u64, key: Option<KeyName>) -> Vec<u8> {
    let id = key.map(|key| key.id.to_string());
    let epoch = key.and_then(|key| key.epoch).map(|of| of.to_string());
    match format {
        Format::Jsonl => {
            let text =
                |said: Option<String>| said.map_or("null".to_owned(), |said| format!("\"{said}\""));
            let (id, epoch) = (text(id), text(epoch));
            format!("{{\"key\":{{\"from\":{from},\"key_id\":{id},\"key_epoch\":{epoch}}}}}\n")
        }
        Format::Csv | Format::Legacy => {
            let text = |said: Option<String>| said.unwrap_or_else(|| "none".to_owned());
            let (id, epoch) = (text(id), text(epoch));
            format!("# key from={from} key_id={id} key_epoch={epoch}\n")
        }
    }
    .into_bytes()
}

/// The line that ends a stream whose next position would be `next_seq`.
#[must_use]
pub fn end(format: Format, next_seq: u64, reason: EndReason) -> Vec<u8> {
    let reason = reason.name();
    match format {
        Format::Jsonl => {
            format!("{{\"end\":{{\"next_seq\":{next_seq},\"reason\":\"{reason}\"}}}}\n")
        }
        Format::Csv | Format::Legacy => format!("# end next_seq={next_seq} reason={reason}\n"),
    }
    .into_bytes()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn notices_are_lines_that_no_flow_is() {
        let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
        assert_eq!(
            text(gap(Format::Jsonl, 3, 7, GapReason::Slow)),
            "{\"gap\":{\"from\":3,\"to\":6,\"reason\":\"slow_client\"}}\n"
        );
        assert_eq!(
            text(gap(Format::Csv, 3, 7, GapReason::NotStored)),
            "# gap from=3 to=6 reason=not_stored\n"
        );
        assert_eq!(
            gap(Format::Legacy, 3, 7, GapReason::Slow),
            gap(Format::Csv, 3, 7, GapReason::Slow)
        );
        let id = "e0c2c277c060c477".parse().unwrap();
        let of = |epoch: Option<&str>| {
            let epoch = epoch.map(|epoch| epoch.parse().unwrap());
            Some(KeyName { id, epoch })
        };
        assert_eq!(
            text(key(Format::Jsonl, 7, of(Some("2026-11-28")))),
            "{\"key\":{\"from\":7,\"key_id\":\"e0c2c277c060c477\",\"key_epoch\":\"2026-11-28\"}}\n"
        );
        assert_eq!(
            text(key(Format::Jsonl, 7, None)),
            "{\"key\":{\"from\":7,\"key_id\":null,\"key_epoch\":null}}\n"
        );
        assert_eq!(
            text(key(Format::Csv, 7, of(Some("2026-11-28T13")))),
            "# key from=7 key_id=e0c2c277c060c477 key_epoch=2026-11-28T13\n"
        );
        assert_eq!(
            text(key(Format::Legacy, 7, of(None))),
            "# key from=7 key_id=e0c2c277c060c477 key_epoch=none\n"
        );
        assert_eq!(
            text(end(Format::Jsonl, 9, EndReason::EndOfReplay)),
            "{\"end\":{\"next_seq\":9,\"reason\":\"end_of_replay\"}}\n"
        );
        assert_eq!(
            text(end(Format::Csv, 9, EndReason::Shutdown)),
            "# end next_seq=9 reason=shutdown\n"
        );
    }
}
