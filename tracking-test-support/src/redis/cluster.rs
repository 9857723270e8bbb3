//! A cluster of primaries for a test.

use super::server::{RedisServer, until};

const SLOTS: usize = 16_384;
/// The slot of every key with the hash tag `{tracking}`.
pub const SLOT: usize = 6;

/// Primaries that share the slots evenly.
pub struct RedisCluster {
    /// Each of them.
    pub nodes: Vec<RedisServer>,
}

impl RedisCluster {
    /// `None` where the program is missing, which the test then says.
    pub fn start(primaries: usize) -> Option<Self> {
        let nodes = (0..primaries)
            .map(|_| {
                RedisServer::start(&["--cluster-enabled", "yes", "--cluster-node-timeout", "2000"])
            })
            .collect::<Option<Vec<_>>>()?;
        let first_port = nodes[0].port().to_string();
        for (index, node) in nodes.iter().enumerate() {
            let slots = index * SLOTS / primaries..(index + 1) * SLOTS / primaries;
            let slots: Vec<String> = slots.map(|slot| slot.to_string()).collect();
            let mut words = vec!["CLUSTER", "ADDSLOTS"];
            words.extend(slots.iter().map(String::as_str));
            let _: String = node.ask(&words);
            if index > 0 {
                let _: String = node.ask(&["CLUSTER", "MEET", "127.0.0.1", &first_port]);
            }
        }
        let cluster = Self { nodes };
        for node in &cluster.nodes {
            until("a whole cluster", || {
                let info: String = node.ask(&["CLUSTER", "INFO"]);
                info.contains("cluster_state:ok")
                    && info.contains(&format!("cluster_known_nodes:{primaries}\r"))
                    && info.contains(&format!("cluster_size:{primaries}\r"))
            });
        }
        Some(cluster)
    }

    /// The store URL that names all nodes.
    pub fn url(&self) -> String {
        let hosts: Vec<_> = self
            .nodes
            .iter()
            .map(|node| format!("127.0.0.1:{}", node.port()))
            .collect();
        format!("redis+cluster://{}", hosts.join(","))
    }

    /// The node that says that the slot is its own.
    pub fn owner(&self) -> usize {
        let count = self.nodes.len();
        let owns = |node: &RedisServer| {
            let id: String = node.ask(&["CLUSTER", "MYID"]);
            let nodes: String = node.ask(&["CLUSTER", "NODES"]);
            let line = nodes.lines().find(|line| line.starts_with(&id));
            let ranges = line.map(|line| line.split(' ').skip(8).map(str::to_owned));
            ranges.into_iter().flatten().any(|range| {
                let (first, last) = range.split_once('-').unwrap_or((&range, &range));
                let [first, last] = [first, last].map(|slot| slot.parse::<usize>().ok());
                first.is_some_and(|first| first <= SLOT) && last.is_some_and(|last| last >= SLOT)
            })
        };
        (0..count)
            .find(|&index| owns(&self.nodes[index]))
            .expect("the slot has an owner")
    }

    /// The id of a node.
    pub fn id(&self, node: usize) -> String {
        self.nodes[node].ask(&["CLUSTER", "MYID"])
    }
}
