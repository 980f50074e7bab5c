//! Why something did not become a flow, or not as it was sent.

/// What a [`Reason`] counts one of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Scope {
    /// A datagram that was rejected as a whole; each has exactly one reason.
    Datagram,
    /// A Set that was skipped, or octets beyond the message.
    Set,
    /// A Template Record, or a field of one.
    Template,
    /// A Data Record that did not become a flow.
    Record,
    /// A value that was corrected or left unknown; the flow was kept.
    Value,
    /// State that left because a limit was reached.
    State,
}

macro_rules! reasons {
    ($($variant:ident $scope:ident $name:literal $sentence:literal)*) => {
        /// Why something was rejected, skipped, corrected or forgotten.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        #[non_exhaustive]
        pub enum Reason {
            $(#[doc = $sentence] $variant,)*
        }

        impl Reason {
            /// All of them, in the order of their indexes.
            pub const ALL: [Self; [$($name),*].len()] = [$(Self::$variant),*];

            /// What one event of this reason is.
            #[must_use]
            pub const fn scope(self) -> Scope {
                match self { $(Self::$variant => Scope::$scope,)* }
            }

            /// The stable name, in snake case, as counters carry it.
            #[must_use]
            pub const fn name(self) -> &'static str {
                match self { $(Self::$variant => $name,)* }
            }

            /// What happened, in a sentence.
            #[must_use]
            pub const fn sentence(self) -> &'static str {
                match self { $(Self::$variant => $sentence,)* }
            }
        }
    };
}

reasons! {
    Empty Datagram "empty" "The datagram had no octets."
    Short Datagram "short" "The datagram was shorter than the header of its version."
    VersionUnknown Datagram "version_unknown" "The version is of no export protocol."
    NetflowV8 Datagram "netflow_v8" "NetFlow v8 is not decoded."
    Sflow Datagram "sflow" "sFlow before version 5 is not decoded."
    CountMismatch Datagram "count_mismatch" "A count of records or samples disagreed with the length."
    SampleLength Datagram "sample_length" "A length within an sFlow sample was not one that fits."
    AgentAddress Datagram "agent_address" "The address of an sFlow agent was of no known type."
    LengthMismatch Datagram "length_mismatch" "The header's length was not that of a message in the datagram."
    SetLength Datagram "set_length" "A Set's length was below 4 or beyond the message."
    TemplateTruncated Datagram "template_truncated" "A Template Record went beyond its Set."
    TemplateId Datagram "template_id" "A Template Record had a Template ID below 256."
    ScopeCount Datagram "scope_count" "An Options Template had no scope, or more scopes than fields."
    VariableLength Datagram "variable_length" "A variable-length field went beyond its Set."
    TemplateRedefined Datagram "template_redefined" "A template was defined differently over a stream without a withdrawal."
    TooManyRecords Datagram "too_many_records" "The datagram held more records than allowed."

    NoTemplate Set "no_template" "The template of a Data Set was not known."
    TemplateExpired Set "template_expired" "The template of a Data Set had not been sent again in time."
    PendingDecoded Set "pending_decoded" "A Data Set that had waited for its template was decoded."
    PendingMalformed Set "pending_malformed" "A Data Set that had waited did not fit its template and was dropped."
    PendingFull Set "pending_full" "There was no room for a Data Set to wait for its template."
    PendingExpired Set "pending_expired" "A Data Set had waited too long for its template and was dropped."
    PendingEnded Set "pending_ended" "A Data Set waited for its template when its session ended."
    TemplateAmbiguous Set "template_ambiguous" "Other source ports of the exporter had templates that differ."
    ReservedSet Set "reserved_set" "The Set ID is reserved or unused."
    ShortDataSet Set "short_data_set" "A Data Set was shorter than one record."
    TrailingOctets Set "trailing_octets" "Octets followed the end of the message."
    CounterSample Set "counter_sample" "A counter sample, which holds no flow, was passed over."
    DiscardedPacket Set "discarded_packet" "A notification of a discarded packet was passed over."
    SampleUnknown Set "sample_unknown" "A sample of an unknown enterprise or format was passed over."

    TemplateTooManyFields Template "template_too_many_fields" "A template had more fields than allowed."
    TemplateEmpty Template "template_empty" "A template described records of no octets."
    TemplateTooLong Template "template_too_long" "A template described records longer than any message."
    TemplateTooLarge Template "template_too_large" "There was no room for a template within the limits."
    TemplateReplaced Template "template_replaced" "A template replaced a different one of the same ID."
    FieldLength Template "field_length" "A template gave an element a length it cannot have; its value is unknown."
    ElementUnknown Template "element_unknown" "A template named an element that is not known; its value is octets."
    TemplateWithdrawn Template "template_withdrawn" "A template was withdrawn over a stream."
    WithdrawalUnknown Template "withdrawal_unknown" "A withdrawal named a template that was not known, and was ignored."
    WithdrawalIgnored Template "withdrawal_ignored" "A withdrawal came over UDP and was ignored."

    NoKey Record "no_key" "A record had no address."
    ReverseNoKey Record "reverse_no_key" "A record counted a reverse direction but had no address."
    ZeroRecord Record "zero_record" "A record of zeros only was taken for padding."
    PacketNotIp Record "packet_not_ip" "A sampled packet was not IP."
    PacketUnread Record "packet_unread" "A sampled packet was of a link layer that is not read."
    PacketTruncated Record "packet_truncated" "A sampled packet ended before its addresses."
    PacketTooDeep Record "packet_too_deep" "A sampled packet had more tags and labels than allowed."

    TemplateRoamed Value "template_roamed" "A Data Set was read by the template of another source port."
    TimeMissing Value "time_missing" "A record had no time; the export time stood in."
    TimeUnanchored Value "time_unanchored" "Times since a start of the exporter that is not known; the export time stood in."
    TimeImplausible Value "time_implausible" "A time lay beyond the year 9999 and was left out."
    EndBeforeStart Value "end_before_start" "A record ended before it started; one time stood in for both."
    EndAfterExport Value "end_after_export" "A record ended after its export; it counts as seen at receipt."
    EndLongBefore Value "end_long_before" "A record ended longer before its export than allowed; the delay was cut."
    StructuredSkipped Value "structured_skipped" "A list within a record was not read: its template was not known, it lay too deep, or the record needed nothing of it."
    StructuredMalformed Value "structured_malformed" "A list within a record was malformed and left out."
    FlowKeysInvalid Value "flow_keys_invalid" "Flow Keys were told of a template that is not known, or of fields that it has not."
    OctetsOfPayload Value "octets_of_payload" "Octets of the transport's payload stood in for those of the IP layer."
    TextIllFormed Value "text_ill_formed" "A text of options data was not UTF-8 and was left out."
    TextCleaned Value "text_cleaned" "Control or format characters were taken out of a text of options data."
    TextCut Value "text_cut" "A text of options data was longer than allowed and was cut."
    SamplingImplausible Value "sampling_implausible" "A sampling rate was above the limit and was left out."
    AgentDiffers Value "agent_differs" "An sFlow agent's address was not that of its datagram, which stands for it."
    FlowDataUnread Value "flow_data_unread" "Flow data of a format that is not read were passed over."
    FlowDataMalformed Value "flow_data_malformed" "Flow data about a packet did not fit their length and were passed over."
    FrameLength Value "frame_length" "The length of a sampled packet was not in its header; that of its frame stood in."
    LaterFragment Value "later_fragment" "A sampled packet was a fragment without ports."
    TransportTruncated Value "transport_truncated" "Ports or flags of a sampled packet were cut off, or lay too deep."
    OutputDiscarded Value "output_discarded" "A sampled packet was discarded; its output interface is unknown."
    OutputMultiple Value "output_multiple" "A sampled packet left by several interfaces; its output interface is unknown."

    ExporterEvicted State "exporter_evicted" "The state of the exporter heard from longest ago was dropped."
    SessionEvicted State "session_evicted" "The exporter's session heard from longest ago was dropped."
    SourceEvicted State "source_evicted" "The position of the exporter's data source heard from longest ago was dropped."
    TemplateEvicted State "template_evicted" "The exporter's template used longest ago was dropped."
    TemplateMisfit State "template_misfit" "A template kept over a restart did not fit the data and was dropped."
    TemplateOutdated State "template_outdated" "A template of before the exporter's restart, or kept over ours and sent differently now, was dropped."
    FactEvicted State "fact_evicted" "What was learnt longest ago from the exporter's options data was dropped."
}

impl Reason {
    /// Its place in [`Self::ALL`].
    #[must_use]
    pub const fn index(self) -> usize {
        self as usize
    }

    /// The reason of a name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|reason| reason.name() == name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_snake_case_and_lead_back_to_their_reason() {
        for (at, reason) in Reason::ALL.into_iter().enumerate() {
            assert_eq!(reason.index(), at);
            assert_eq!(Reason::from_name(reason.name()), Some(reason));
            let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_';
            assert!(reason.name().chars().all(plain), "{}", reason.name());
            assert!(reason.sentence().ends_with('.'), "{}", reason.sentence());
        }
    }
}
