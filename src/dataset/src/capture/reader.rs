//! Reading a capture packet by packet.

use std::io::{BufReader, Read};
use std::ops::Range;

use flow::ReceiveTime;

use super::Counts;
use super::pcap::{self, Pcap};
use crate::connections::Connections;
use crate::error::within;
use crate::packet::{Carried, Udp};
use crate::pcapng::block::{BlockHead, FRAMING, first_block};
use crate::pcapng::section::{Section, interpret, is_needed};
use crate::pcapng::{BLOCK_LEN_MAX, PACKET_LEN_MAX};
use crate::{Arrival, Datagram, DatasetError, Piece, Result};

/// Reads the UDP datagrams and TCP streams of a pcap or pcapng file. Memory holds one
/// packet, and a few words for each stream.
pub struct Capture<R> {
    input: BufReader<R>,
    offset: u64,
    format: Format,
    counts: Counts,
    connections: Connections,
    buffer: Vec<u8>,
}

#[derive(Debug)]
enum Format {
    Pcap(Pcap),
    Pcapng(Option<Section>),
}

/// A packet in the buffer.
struct Found {
    received: ReceiveTime,
    /// Where the packet begins in the buffer.
    base: usize,
    carried: Carried,
}

impl<R: Read> Capture<R> {
    /// Reads the beginning of a capture and tells its format.
    ///
    /// # Errors
    ///
    /// [`DatasetError::Format`] if it is no capture or of a link type this program does
    /// not read, [`DatasetError::Truncated`] if it ends within its header.
    pub fn open(input: R) -> Result<Self> {
        let mut capture = Self {
            input: BufReader::with_capacity(64 << 10, input),
            offset: 0,
            format: Format::Pcapng(None),
            counts: Counts::default(),
            connections: Connections::default(),
            buffer: Vec::new(),
        };
        capture.open_format()?;
        Ok(capture)
    }

    fn open_format(&mut self) -> Result<()> {
        self.fill("file header", 4)?;
        let magic = self.buffer.first_chunk().copied().unwrap_or_default();
        if pcap::is_pcap(magic) {
            self.extend("file header", pcap::FILE_HEADER)?;
            let header = self.buffer.first_chunk().unwrap_or(&[0; 24]);
            self.format = Format::Pcap(Pcap::read(header)?);
            self.offset = pcap::FILE_HEADER as u64;
            self.buffer.clear();
            return Ok(());
        }
        if super::is_capture(magic) {
            // The block is read on from these four octets.
            return Ok(());
        }
        Err(pcap::not_a_capture(magic))
    }

    /// The next datagram; `None` at the end of the capture. Streams are counted and
    /// passed over.
    ///
    /// # Errors
    ///
    /// What is wrong with the capture, and where. All before it has been given out.
    pub fn next_datagram(&mut self) -> Result<Option<Datagram<'_>>> {
        while let Some(Found {
            received,
            base,
            carried,
        }) = self.next_packet()?
        {
            if let Carried::Udp(udp) = carried {
                return Ok(Some(self.datagram(received, base, &udp)));
            }
        }
        Ok(None)
    }

    /// The next datagram or piece of a stream; `None` at the end of the capture. Each
    /// direction of a connection is a stream of its own.
    ///
    /// # Errors
    ///
    /// What is wrong with the capture, and where. All before it has been given out.
    pub fn next_arrival(&mut self) -> Result<Option<Arrival<'_>>> {
        while let Some(Found {
            received,
            base,
            carried,
        }) = self.next_packet()?
        {
            let tcp = match carried {
                Carried::Udp(udp) => {
                    let datagram = self.datagram(received, base, &udp);
                    return Ok(Some(Arrival::Datagram(datagram)));
                }
                Carried::Tcp(tcp) => tcp,
            };
            if let Some(found) = self.connections.take(&tcp, &mut self.counts) {
                return Ok(Some(Arrival::Piece(Piece {
                    received,
                    source: tcp.source,
                    destination: tcp.destination,
                    begins: found.begins,
                    octets: self.octets(base, found.payload),
                    end: found.end,
                })));
            }
        }
        Ok(None)
    }

    fn datagram(&self, received: ReceiveTime, base: usize, udp: &Udp) -> Datagram<'_> {
        Datagram {
            received,
            source: udp.source,
            destination: udp.destination,
            payload: self.octets(base, udp.payload.clone()),
        }
    }

    /// Octets of a packet that begins at `base`.
    fn octets(&self, base: usize, place: Range<usize>) -> &[u8] {
        let place = base + place.start..base + place.end;
        self.buffer.get(place).unwrap_or(&[])
    }

    fn next_packet(&mut self) -> Result<Option<Found>> {
        match &self.format {
            Format::Pcap(pcap) => {
                let pcap = *pcap;
                self.next_in_pcap(pcap)
            }
            Format::Pcapng(_) => self.next_in_pcapng(),
        }
    }

    fn next_in_pcap(&mut self, pcap: Pcap) -> Result<Option<Found>> {
        loop {
            self.buffer.clear();
            if self.read_on(pcap::PACKET_HEADER)? == 0 {
                return Ok(None);
            }
            self.check_whole("packet header", pcap::PACKET_HEADER)?;
            let header = self.buffer.first_chunk().unwrap_or(&[0; 16]);
            let header = pcap.packet(header);
            within(
                self.offset,
                "packet",
                header.len.into(),
                PACKET_LEN_MAX.into(),
            )?;
            self.offset += pcap::PACKET_HEADER as u64;
            self.fill("packet", header.len as usize)?;
            self.offset += u64::from(header.len);
            if let Some(carried) = self.counts.packet(pcap.link, &self.buffer) {
                return Ok(Some(Found {
                    received: header.received,
                    base: 0,
                    carried,
                }));
            }
        }
    }

    fn next_in_pcapng(&mut self) -> Result<Option<Found>> {
        while self.read_block()? {
            let Format::Pcapng(section) = &mut self.format else {
                return Ok(None);
            };
            let order = section.as_ref().map(|section| section.order);
            let (block, len) = first_block(&self.buffer, order, self.offset)?;
            let event = interpret(section, block)?;
            self.offset += len as u64;
            if let Some((received, _, carried)) = self.counts.take(&event) {
                return Ok(Some(Found {
                    received,
                    base: PACKET_AT,
                    carried,
                }));
            }
        }
        Ok(None)
    }

    /// Reads the next block that is needed into the buffer; `false` at the end.
    fn read_block(&mut self) -> Result<bool> {
        loop {
            // Of the first block, four octets are there already.
            if self.offset > 0 {
                self.buffer.clear();
            }
            if self.read_on(FRAMING as usize)? == 0 {
                return Ok(false);
            }
            let head = self.block_head()?;
            if is_needed(head.kind) {
                within(self.offset, "block", head.len.into(), BLOCK_LEN_MAX.into())?;
                self.extend("block", head.len as usize)?;
                return Ok(true);
            }
            self.skip_block(&head)?;
        }
    }

    fn block_head(&mut self) -> Result<BlockHead> {
        self.check_whole("block", FRAMING as usize)?;
        let order = match &self.format {
            Format::Pcapng(Some(section)) => Some(section.order),
            _ => None,
        };
        let octets = self.buffer.first_chunk().copied().unwrap_or_default();
        BlockHead::read(octets, order, self.offset)
    }

    /// Reads over a block that is not needed, whatever its length.
    fn skip_block(&mut self, head: &BlockHead) -> Result<()> {
        let rest = u64::from(head.len - FRAMING);
        let middle = rest.saturating_sub(4);
        let skipped = std::io::copy(&mut (&mut self.input).take(middle), &mut std::io::sink());
        let skipped = skipped.map_err(DatasetError::io(self.offset))?;
        if skipped < middle {
            return Err(self.truncated("block", skipped + u64::from(FRAMING), head.len.into()));
        }
        if rest > 0 {
            self.buffer.clear();
            self.fill("block", 4)?;
        }
        let trailer = self.buffer.last_chunk().copied().unwrap_or_default();
        head.check_trailer(trailer, self.offset)?;
        self.counts.skipped_block(head.kind);
        self.offset += u64::from(head.len);
        Ok(())
    }

    /// Replaces the buffer by the next `len` octets.
    fn fill(&mut self, what: &'static str, len: usize) -> Result<()> {
        self.buffer.clear();
        self.extend(what, len)
    }

    /// Extends the buffer to `len` octets.
    fn extend(&mut self, what: &'static str, len: usize) -> Result<()> {
        self.read_on(len)?;
        self.check_whole(what, len)
    }

    /// Extends the buffer to at most `len` octets; gives its length.
    fn read_on(&mut self, len: usize) -> Result<usize> {
        let missing = len.saturating_sub(self.buffer.len()) as u64;
        (&mut self.input)
            .take(missing)
            .read_to_end(&mut self.buffer)
            .map_err(DatasetError::io(self.offset))?;
        Ok(self.buffer.len())
    }

    fn check_whole(&self, what: &'static str, len: usize) -> Result<()> {
        if self.buffer.len() >= len {
            return Ok(());
        }
        Err(self.truncated(what, self.buffer.len() as u64, len as u64))
    }

    const fn truncated(&self, what: &'static str, found: u64, expected: u64) -> DatasetError {
        DatasetError::Truncated {
            offset: self.offset,
            what,
            found,
            expected,
        }
    }
}

/// Where the octets of a packet begin in an enhanced packet block.
const PACKET_AT: usize = 28;

impl<R> Capture<R> {
    /// What has been read and skipped so far.
    #[must_use]
    pub const fn counts(&self) -> &Counts {
        &self.counts
    }
}
