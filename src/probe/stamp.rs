//! Times of arrival as the kernel notes them, so that a busy program adds nothing to a round trip.

use std::io::Result;
use std::time::{Duration, Instant};

use super::transport::instant;

/// The moment of sending, on both clocks.
#[derive(Debug, Clone, Copy)]
pub(super) struct Sent {
    /// The program's.
    program: Instant,
    /// The kernel's, since 1970; `None` where the system tells none.
    kernel: Option<Duration>,
}

/// The moment of arrival, on both clocks.
#[derive(Debug, Clone, Copy)]
pub(super) struct Arrived {
    /// The program's.
    program: Instant,
    /// The kernel's, since 1970.
    kernel: Option<Duration>,
}

impl Sent {
    /// Now.
    pub(super) fn now() -> Self {
        Self {
            kernel: system::now(),
            program: instant(),
        }
    }

    /// Time since then.
    pub(super) fn elapsed(&self) -> Duration {
        self.program.elapsed()
    }

    /// The round trip: by the kernel's clock, unless that was set meanwhile.
    pub(super) fn until(&self, arrived: &Arrived) -> Duration {
        let program = arrived.program.saturating_duration_since(self.program);
        self.kernel
            .zip(arrived.kernel)
            .and_then(|(sent, arrived)| arrived.checked_sub(sent))
            .filter(|kernel| *kernel <= program)
            .unwrap_or(program)
    }
}

/// Asks the kernel to note times of arrival; without that the program's clock serves.
pub(super) fn enable(socket: &impl system::Handle) {
    system::enable(socket);
}

/// Receives a datagram with its time of arrival.
pub(super) fn receive(socket: &impl system::Handle, buffer: &mut [u8]) -> Result<(usize, Arrived)> {
    let (length, kernel) = system::receive(socket, buffer)?;
    let program = instant();
    Ok((length, Arrived { program, kernel }))
}

/// Linux notes the time of each datagram (`socket(7)`, `SO_TIMESTAMPNS`).
#[cfg(target_os = "linux")]
mod system {
    use std::io::{IoSliceMut, Result};
    use std::os::fd::AsFd;
    use std::os::fd::AsRawFd as _;
    use std::time::Duration;

    use nix::sys::socket::{ControlMessageOwned, MsgFlags, recvmsg, setsockopt, sockopt};
    use nix::sys::time::TimeSpec;
    use nix::time::{ClockId, clock_gettime};

    /// A socket of the system.
    pub(in crate::probe) trait Handle: AsFd {}

    impl<T: AsFd> Handle for T {}

    /// The clock of the kernel's notes.
    pub(super) fn now() -> Option<Duration> {
        let now = clock_gettime(ClockId::CLOCK_REALTIME).ok()?;
        Some(Duration::from(now))
    }

    /// Asks for notes.
    pub(super) fn enable(socket: &impl Handle) {
        // Without them the program's clock serves.
        let _ = setsockopt(&socket.as_fd(), sockopt::ReceiveTimestampns, &true);
    }

    /// Receives a datagram and the note about it.
    pub(super) fn receive(
        socket: &impl Handle,
        buffer: &mut [u8],
    ) -> Result<(usize, Option<Duration>)> {
        let mut parts = [IoSliceMut::new(buffer)];
        let mut space = nix::cmsg_space!(TimeSpec);
        let fd = socket.as_fd().as_raw_fd();
        let message = recvmsg::<()>(fd, &mut parts, Some(&mut space), MsgFlags::empty())?;
        let note = message.cmsgs()?.find_map(|note| {
            if let ControlMessageOwned::ScmTimestampns(time) = note {
                Some(Duration::from(time))
            } else {
                None
            }
        });
        Ok((message.bytes, note))
    }
}

/// Elsewhere the program's clock serves.
#[cfg(not(target_os = "linux"))]
mod system {
    use std::io::{Read, Result};
    use std::time::Duration;

    /// A socket of the system.
    pub(in crate::probe) trait Handle {
        /// Receives a datagram.
        fn receive(&self, buffer: &mut [u8]) -> Result<usize>;
    }

    impl Handle for std::net::UdpSocket {
        fn receive(&self, buffer: &mut [u8]) -> Result<usize> {
            self.recv(buffer)
        }
    }

    impl Handle for socket2::Socket {
        fn receive(&self, buffer: &mut [u8]) -> Result<usize> {
            let mut socket = self;
            socket.read(buffer)
        }
    }

    /// No clock.
    pub(super) fn now() -> Option<Duration> {
        None
    }

    /// Nothing to ask for.
    pub(super) fn enable(_socket: &impl Handle) {}

    /// Receives a datagram.
    pub(super) fn receive(
        socket: &impl Handle,
        buffer: &mut [u8],
    ) -> Result<(usize, Option<Duration>)> {
        Ok((socket.receive(buffer)?, None))
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::{Arrived, Sent, enable, instant, receive};

    #[test]
    fn a_round_trip_is_what_the_kernel_saw_unless_its_clock_was_set() {
        let start = instant();
        let sent = Sent {
            program: start,
            kernel: Some(Duration::from_secs(1000)),
        };
        let arrived = |kernel_ms: u64| Arrived {
            program: start + Duration::from_millis(50),
            kernel: Some(Duration::from_millis(kernel_ms)),
        };
        assert_eq!(sent.until(&arrived(1_000_007)), Duration::from_millis(7));
        assert_eq!(sent.until(&arrived(1_003_000)), Duration::from_millis(50));
        assert_eq!(sent.until(&arrived(999_000)), Duration::from_millis(50));
    }

    #[test]
    #[expect(
        clippy::disallowed_methods,
        reason = "the test sends to itself, which no probe does"
    )]
    fn a_program_that_comes_late_adds_nothing() {
        if !cfg!(target_os = "linux") {
            return;
        }
        let socket = std::net::UdpSocket::bind("127.0.0.1:0").unwrap();
        enable(&socket);
        // The kernel begins to note times a moment after it is asked to.
        let is_exact = || {
            let sent = Sent::now();
            socket.send_to(b"x", socket.local_addr().unwrap()).unwrap();
            std::thread::sleep(Duration::from_millis(60));
            let mut buffer = [0; 8];
            let (length, arrived) = receive(&socket, &mut buffer).unwrap();
            assert_eq!(length, 1);
            sent.until(&arrived) < Duration::from_millis(50)
        };
        assert!((0..20).any(|_| is_exact()));
    }
}
