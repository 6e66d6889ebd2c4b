//! The client's side of a handshake that records what the server shows instead of refusing it.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::client::{ResolvesClientCert, verify_server_name};
use rustls::crypto::{CryptoProvider, ring, verify_tls12_signature, verify_tls13_signature};
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::server::ParsedCertificate;
use rustls::sign::CertifiedKey;
use rustls::{ClientConfig, ClientConnection, DigitallySignedStruct, SignatureScheme};

use super::certificate::validity;
use super::transport::micros;
use crate::wire::observation::TlsAnswer;

/// Takes any certificate, keeps it, and still checks that the server holds its key.
#[derive(Debug)]
pub(super) struct Recorder {
    /// Algorithms.
    provider: Arc<CryptoProvider>,
    /// The chain that the server sent, its own certificate first.
    chain: Mutex<Vec<Vec<u8>>>,
    /// Whether the server asked for a client certificate.
    asked: AtomicBool,
}

impl Recorder {
    /// A recorder for one handshake.
    pub(super) fn new() -> Self {
        Self {
            provider: Arc::new(ring::default_provider()),
            chain: Mutex::default(),
            asked: AtomicBool::new(false),
        }
    }

    /// A client that records here.
    pub(super) fn config(self: &Arc<Self>) -> Result<ClientConfig, rustls::Error> {
        let builder = ClientConfig::builder_with_provider(Arc::clone(&self.provider))
            .with_safe_default_protocol_versions()?;
        let recorder: Arc<dyn ServerCertVerifier> = Arc::<Self>::clone(self);
        let client: Arc<dyn ResolvesClientCert> = Arc::<Self>::clone(self);
        Ok(builder
            .dangerous()
            .with_custom_certificate_verifier(recorder)
            .with_client_cert_resolver(client))
    }

    /// What was seen.
    pub(super) fn answer(
        &self,
        session: &ClientConnection,
        name: &ServerName<'_>,
        connected: Duration,
        handshake: Duration,
        is_done: bool,
    ) -> TlsAnswer {
        let chain = self.chain.lock().unwrap_or_else(PoisonError::into_inner);
        let own = chain.first();
        let valid = own.and_then(|certificate| validity(certificate));
        let names_match = own.and_then(|certificate| {
            let certificate = CertificateDer::from(certificate.as_slice());
            let parsed = ParsedCertificate::try_from(&certificate).ok()?;
            Some(verify_server_name(&parsed, name).is_ok())
        });
        TlsAnswer {
            version: session.protocol_version().map(|version| {
                let text = version.as_str().unwrap_or("unknown");
                text.trim_start_matches("TLSv").replace('_', ".")
            }),
            suite: session
                .negotiated_cipher_suite()
                .and_then(|suite| suite.suite().as_str())
                .map(str::to_owned),
            connect_us: Some(micros(connected)),
            handshake_us: is_done.then(|| micros(handshake)),
            certificates: chain.len(),
            not_before: valid.as_ref().map(|valid| valid.not_before.clone()),
            not_after: valid.map(|valid| valid.not_after),
            names_match,
            asks_client_certificate: self.asked.load(Ordering::Relaxed),
        }
    }
}

impl ServerCertVerifier for Recorder {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        _server_name: &ServerName<'_>,
        _ocsp_response: &[u8],
        _now: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        let mut chain = self.chain.lock().unwrap_or_else(PoisonError::into_inner);
        chain.clear();
        chain.push(end_entity.to_vec());
        chain.extend(intermediates.iter().map(|certificate| certificate.to_vec()));
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        let algorithms = &self.provider.signature_verification_algorithms;
        verify_tls12_signature(message, cert, dss, algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        let algorithms = &self.provider.signature_verification_algorithms;
        verify_tls13_signature(message, cert, dss, algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.provider
            .signature_verification_algorithms
            .supported_schemes()
    }
}

impl ResolvesClientCert for Recorder {
    fn resolve(
        &self,
        _root_hint_subjects: &[&[u8]],
        _sigschemes: &[SignatureScheme],
    ) -> Option<Arc<CertifiedKey>> {
        self.asked.store(true, Ordering::Relaxed);
        None
    }

    fn has_certs(&self) -> bool {
        // Without one, nobody would be told that the server asks.
        true
    }
}
