//! Clients over loopback sockets, in real time: what they get is the stream, each flow
//! once and in order, and what they cannot get is declared.

mod client;
mod coming_and_going;
mod falls;
mod house;
mod keys;
mod late;
mod missing;
mod race;
