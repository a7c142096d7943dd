//! One address with more connections than it may have, beside another.

use std::net::{Ipv4Addr, SocketAddr, TcpStream};
use std::time::{Duration, Instant};

use dragon_testkit::harness::{Server, ServerOptions};
use rustix::net::{AddressFamily, SocketType, bind, connect, socket};

use super::asking::{SOON, assert_error};
use super::bystander::{PROBE, all_places, assert_nothing_is_left, beside_a_bystander};
use super::raw::{next_response, sent};

/// A connection from another address of this machine's loopback network than the bystander's.
fn connect_from_another(server: &Server) -> TcpStream {
    let other = SocketAddr::from((Ipv4Addr::new(127, 0, 0, 2), 0));
    let descriptor = socket(AddressFamily::INET, SocketType::STREAM, None).unwrap();
    bind(&descriptor, &other).unwrap();
    connect(&descriptor, &server.address()).unwrap();
    let stream = TcpStream::from(descriptor);
    stream.set_read_timeout(Some(SOON)).unwrap();
    stream
}

fn ask(mut stream: &TcpStream) -> dragon_testkit::harness::Response {
    std::io::Write::write_all(&mut stream, PROBE).unwrap();
    next_response(stream)
}

#[test]
fn per_address_limit_is_a_429_for_the_greedy_and_nothing_for_others() {
    let options =
        ServerOptions::tiny().server("max_connections", "10").server("max_connections_per_address", "4");
    let server = Server::start(&options);
    beside_a_bystander(&server, || {
        let greedy: Vec<_> = (0..4).map(|_| connect_from_another(&server)).collect();
        for stream in &greedy {
            assert_eq!(ask(stream).status, 200);
        }
        let asked_at = Instant::now();
        let answer = ask(&connect_from_another(&server));
        assert_error("the fifth", &answer, 429, "too_many_connections_from_address", None);
        assert!(answer.text().contains("max_connections_per_address"), "{}", answer.text());
        assert_eq!(answer.header("retry-after"), Some("1"));
        assert!(asked_at.elapsed() < Duration::from_secs(5), "{:?}", asked_at.elapsed());
        // Those that are open go on, and a flood of more changes nothing for the bystander.
        let flood: Vec<_> = (0..200).map(|_| connect_from_another(&server)).collect();
        for stream in &greedy {
            assert_eq!(ask(stream).status, 200);
        }
        drop(flood);
        drop(greedy);
        let started_at = Instant::now();
        while ask(&connect_from_another(&server)).status != 200 {
            assert!(started_at.elapsed() < SOON, "its places do not become free");
            std::thread::sleep(Duration::from_millis(50));
        }
    });
    assert_nothing_is_left(&server, 4);
}

#[test]
fn left_out_this_machine_may_have_all_places() {
    let server = Server::start(&ServerOptions::tiny().server("max_connections", "8"));
    let _open = all_places(&server, 8);
    assert_error("the ninth", &next_response(&sent(&server, PROBE)), 503, "too_many_connections", None);
}
