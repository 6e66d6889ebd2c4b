//! Packet sets as interval decision diagrams.
