//! Measuring.
#![allow(warnings, clippy::all, clippy::pedantic)]
use pump_preflight::dialect;
use pump_preflight::model::{Facet, FacetKind};
use pump_preflight::net::DomainName;
use pump_preflight::source::{File, FileId, FileOrigin};
use pump_preflight::syntax::{Support, is_partition};
fn main() {
    let args: Vec<String> = std::env::args().collect();
    let mode = &args[1];
    if mode == "bench" {
        let bytes = std::fs::read(&args[3]).unwrap();
        let file = File::new(FileId(0), args[3].clone(), FileOrigin::Disk, &bytes);
        let d = dialect::by_id(&args[2]).unwrap();
        for _ in 0..5 {
            let t = std::time::Instant::now();
            let r = d.read(&file);
            let e = t.elapsed();
            println!(
                "{} statements {} holes {:.1} MB/s {:?}",
                r.statements.len(),
                r.holes.len(),
                bytes.len() as f64 / 1e6 / e.as_secs_f64(),
                e
            );
        }
        return;
    }
    let mut totals = [0usize; 4];
    let mut bytes_by = [0usize; 4];
    for path in &args[2..] {
        let bytes = std::fs::read(path).unwrap();
        let file = File::new(FileId(0), path.clone(), FileOrigin::Disk, &bytes);
        let det = dialect::detect(&file);
        let d = if mode == "any" {
            match det {
                Some((d, _, _)) => d,
                None => {
                    println!("none\t{path}");
                    continue;
                }
            }
        } else {
            dialect::by_id(mode).unwrap()
        };
        let r = d.read(&file);
        assert!(is_partition(&file, &r.statements), "{path}");
        let mut n = [0usize; 4];
        for s in &r.statements {
            let i = match s.support {
                Support::Modeled => 0,
                Support::Irrelevant(_) => 1,
                Support::Unmodeled(_) => 2,
                Support::Unrecognized(_) => 3,
            };
            n[i] += 1;
            bytes_by[i] += s.span.len();
            if i == 3 && std::env::var_os("SHOW").is_some() {
                println!("  UNREC {}", file.slice(s.span).trim());
            }
            if i == 2 && std::env::var_os("SHOW2").is_some() {
                println!("  UNMOD {}", file.slice(s.span).trim());
            }
        }
        for i in 0..4 {
            totals[i] += n[i];
        }
        let mut verdict = String::new();
        for (k, f) in &r.facets {
            match &**f {
                Facet::DnsZone(z) => {
                    verdict = format!(
                        "{} origin={} {:?}",
                        if z.broken.is_some() { "bad" } else { "ok" },
                        DomainName::absolute(&k.name),
                        z.broken
                    )
                }
                Facet::DnsServer(s) => {
                    verdict = format!(
                        "{} {:?}",
                        if s.broken.is_some() {
                            "bad"
                        } else if r.holes.is_empty() {
                            "ok"
                        } else {
                            "open"
                        },
                        s.broken
                    )
                }
                Facet::DhcpServer(s) => {
                    verdict = format!(
                        "{} {:?}",
                        if s.broken.is_some() { "bad" } else { "ok" },
                        s.broken
                    )
                }
                _ => {}
            }
            let _ = FacetKind::Acl;
        }
        println!(
            "{}\t{}\t{:?}\t{}\t{}",
            path.rsplit('/').next().unwrap(),
            d.id(),
            n,
            verdict.replace('\t', " "),
            det.map_or("none".to_string(), |(d, s, g)| format!(
                "{} {s} {g}",
                d.id()
            ))
        );
    }
    println!("TOTAL {totals:?} bytes {bytes_by:?}");
}
