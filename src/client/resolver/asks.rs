//! When a resolver asks which of its servers, as long as none answers.

use super::{
    ClientModel, FREERTOS_ATTEMPTS, FREERTOS_WAIT_S, GLIBC_ATTEMPTS, GLIBC_SERVERS,
    GLIBC_TIMEOUT_S, LWIP_SERVER_S, LWIP_SERVERS, MUSL_SERVERS, MUSL_TIMEOUT_S, glibc_wait,
};

/// One question to one server.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Ask {
    /// Seconds after the lookup began.
    pub at_s: f64,
    /// Place of the server in the list.
    pub server: usize,
}

/// All questions of a lookup that nobody answers.
#[derive(Debug, Clone, PartialEq)]
pub struct Asks {
    /// In order.
    pub asks: Vec<Ask>,
    /// Seconds until it is given up.
    pub end_s: f64,
}

/// What a resolver with so many servers sends while none answers; `None`: the program sets the
/// waits.
pub fn asks(model: ClientModel, servers: usize) -> Option<Asks> {
    match model {
        ClientModel::Glibc => Some(glibc(servers.min(GLIBC_SERVERS))),
        ClientModel::Lwip => Some(lwip(servers.min(LWIP_SERVERS))),
        ClientModel::FreertosTcp => Some(freertos(servers)),
        ClientModel::NetxDuo => None,
        ClientModel::Musl => Some(musl(servers.min(MUSL_SERVERS))),
        ClientModel::Windows => Some(windows(servers)),
    }
}

/// Questions that each wait for their answer before the next is sent.
fn in_turn(turns: impl Iterator<Item = (usize, f64)>) -> Asks {
    let mut end_s = 0.0;
    let asks = turns
        .map(|(server, wait)| {
            let at_s = end_s;
            end_s += wait;
            Ask { at_s, server }
        })
        .collect();
    Asks { asks, end_s }
}

/// Questions to all servers at certain times.
fn at_once(servers: usize, times: &[f64], end_s: f64) -> Asks {
    let asks = times
        .iter()
        .flat_map(|at_s| {
            (0..servers).map(|server| Ask {
                at_s: *at_s,
                server,
            })
        })
        .collect();
    Asks { asks, end_s }
}

/// The GNU C library.
fn glibc(servers: usize) -> Asks {
    let turn = |server| (server, glibc_wait(GLIBC_TIMEOUT_S, server, servers));
    in_turn((0..GLIBC_ATTEMPTS).flat_map(|_| (0..servers).map(turn)))
}

/// lwIP: tries at 0, 1, 2 and 4 s, then 3 s more.
fn lwip(servers: usize) -> Asks {
    let last = LWIP_SERVER_S - 4.0;
    let turns = move |server| [1.0, 1.0, 2.0, last].map(|wait| (server, wait));
    in_turn((0..servers).flat_map(turns))
}

/// FreeRTOS+TCP.
fn freertos(servers: usize) -> Asks {
    in_turn((0..FREERTOS_ATTEMPTS).map(|turn| (turn % servers.max(1), FREERTOS_WAIT_S)))
}

/// musl: again after half of its time (`res_msend.c`, `retry_interval`).
fn musl(servers: usize) -> Asks {
    at_once(servers, &[0.0, MUSL_TIMEOUT_S / 2.0], MUSL_TIMEOUT_S)
}

/// Windows: its first three servers, one after the other, where it has fewer the last one again.
pub(super) fn windows(servers: usize) -> Asks {
    let in_turn = [0.0, 1.0, 2.0].into_iter().zip(0_usize..);
    let in_turn = in_turn.map(|(at_s, place)| Ask {
        at_s,
        server: place.min(servers.saturating_sub(1)),
    });
    let all = at_once(servers, &[4.0, 8.0], 10.0);
    Asks {
        asks: in_turn.chain(all.asks).collect(),
        ..all
    }
}
