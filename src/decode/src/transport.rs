//! How messages come.

/// How the messages of an exporter come (RFC 7011, 10).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub enum Transport {
    /// As datagrams, which may be lost, repeated and reordered. Templates live for a
    /// time, a new definition replaces the old, and withdrawals mean nothing
    /// (RFC 7011, 8.4).
    #[default]
    Udp,
    /// Over TCP or TLS, whole and in order. Templates live as long as the session, and
    /// change only after a withdrawal (RFC 7011, 8.1).
    Stream,
}
