//! TLS to PostgreSQL: a relay speaks it in front of the tests' database, with certificates made for the test, so that what each
//! `sslmode` promises is seen on the wire.

use std::path::Path;
use std::process::Command;
use std::sync::Arc;

use quittance_store::{Scratch, Store};
use rustls::ServerConfig;
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _, copy_bidirectional};
use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::TlsAcceptor;

use crate::twins::now;

/// What a client of PostgreSQL asks first when it wants TLS: eight bytes, and this number.
const WANTS_TLS: [u8; 8] = [0, 0, 0, 8, 4, 210, 22, 47];

/// Makes a key and a certificate, signed by an authority or by itself, as `NAME.key` and `NAME.pem`.
fn certificate(folder: &Path, name: &str, extensions: &str, authority: Option<&str>) {
    let settings = format!("[req]\ndistinguished_name=who\nprompt=no\n[who]\nCN={name}\n[of]\n{extensions}\n");
    std::fs::write(folder.join("settings"), settings).unwrap();
    let (key, pem) = (format!("{name}.key"), format!("{name}.pem"));
    let mut command = Command::new("openssl");
    command.args("req -x509 -config settings -extensions of -days 2 -nodes -newkey ec".split(' '));
    command.args([
        "-pkeyopt",
        "ec_paramgen_curve:prime256v1",
        "-keyout",
        &key,
        "-out",
        &pem,
    ]);
    if let Some(authority) = authority {
        command.args([
            "-CA",
            &format!("{authority}.pem"),
            "-CAkey",
            &format!("{authority}.key"),
        ]);
    }
    let made = command.current_dir(folder).output().unwrap();
    assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
}

/// Starts a relay that speaks TLS with a certificate and hands what it hears to the database; its host and port.
fn relay(folder: &Path, name: &str, place: String) -> String {
    let chain = vec![CertificateDer::from_pem_file(folder.join(format!("{name}.pem"))).unwrap()];
    let key = PrivateKeyDer::from_pem_file(folder.join(format!("{name}.key"))).unwrap();
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(chain, key)
        .unwrap();
    let acceptor = TlsAcceptor::from(Arc::new(config));
    let (tell, told) = std::sync::mpsc::channel();
    // It ends with the process.
    std::thread::spawn(move || {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .unwrap();
        runtime.block_on(async {
            let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
            tell.send(listener.local_addr().unwrap().to_string()).unwrap();
            loop {
                let (stream, _) = listener.accept().await.unwrap();
                tokio::spawn(hand_over(stream, acceptor.clone(), place.clone()));
            }
        });
    });
    told.recv().unwrap()
}

/// One connection. Whoever does not ask for TLS, or does not like what it is shown, is let go of.
async fn hand_over(mut stream: TcpStream, acceptor: TlsAcceptor, place: String) -> std::io::Result<()> {
    let mut asked = [0; WANTS_TLS.len()];
    stream.read_exact(&mut asked).await?;
    if asked != WANTS_TLS {
        return Ok(());
    }
    stream.write_all(b"S").await?;
    let mut client = acceptor.accept(stream).await?;
    let mut database = TcpStream::connect(place).await?;
    copy_bidirectional(&mut client, &mut database).await?;
    Ok(())
}

#[test]
fn each_mode_of_tls_trusts_what_it_says() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    let authority = "basicConstraints=critical,CA:TRUE\nkeyUsage=critical,keyCertSign";
    certificate(folder, "authority", authority, None);
    certificate(folder, "stranger", authority, None);
    let of_host = |host: &str| format!("basicConstraints=CA:FALSE\nsubjectAltName={host}");
    certificate(folder, "here", &of_host("IP:127.0.0.1"), Some("authority"));
    certificate(
        folder,
        "elsewhere",
        &of_host("DNS:elsewhere.example"),
        Some("authority"),
    );
    let scratch = Scratch::new().unwrap();
    let (here, elsewhere) = (
        relay(folder, "here", scratch.place()),
        relay(folder, "elsewhere", scratch.place()),
    );
    let root = |name: &str| format!("sslrootcert={}", folder.join(format!("{name}.pem")).display());
    let (ours, theirs) = (root("authority"), root("stranger"));
    for (hosts, query, trusted) in [
        (&here, "sslmode=require".to_owned(), true),
        (&here, format!("sslmode=verify-ca&{ours}"), true),
        (&here, format!("sslmode=verify-full&{ours}"), true),
        (&elsewhere, "sslmode=require".to_owned(), true),
        (&elsewhere, format!("sslmode=verify-ca&{ours}"), true),
        (&elsewhere, format!("sslmode=verify-full&{ours}"), false),
        (&here, format!("sslmode=verify-ca&{theirs}"), false),
        (&here, format!("sslmode=verify-full&{theirs}"), false),
        (&here, format!("sslmode=verify-full&{}", root("nowhere")), false),
        (&here, "sslmode=disable".to_owned(), false),
    ] {
        let address = format!("{}&{query}&connect_timeout=20", scratch.address_at(hosts));
        let outcome = now(Store::migrate_postgres(&address, None));
        assert_eq!(outcome.is_ok(), trusted, "{query} at {hosts}: {outcome:?}");
        if let Err(error) = outcome
            && query.contains("verify")
        {
            let told = error.to_string();
            assert!(
                told.contains("certificate") || told.contains("nowhere.pem"),
                "{query}: {told}"
            );
        }
    }
}
