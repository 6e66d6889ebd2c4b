//! Closed cases of protocols that exchange routes, as small texts.

mod bgp;
