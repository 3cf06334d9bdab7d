//! Two machines on one network, and a switch between them: network namespaces that are gone with the test's processes.

use std::fs::File;
use std::net::{IpAddr, Ipv4Addr, SocketAddr, TcpListener as PlainListener, TcpStream as PlainStream};
use std::process::Stdio;
use std::sync::Arc;
use std::thread::{self, JoinHandle};
use std::time::Duration;

use nix::sched::{CloneFlags, setns};
use nix::unistd::geteuid;
use tokio::io::copy_bidirectional;
use tokio::net::{TcpListener, TcpStream};
use tokio::process::{Child, Command};
use tokio::task::{JoinSet, spawn_blocking};

use crate::eventually::eventually;
use crate::tool;

/// Port at which each machine's server answers.
pub(crate) const PORT: u16 = 3306;
/// How long a client waits until somebody answers.
const CONNECT: Duration = Duration::from_millis(500);

/// Address of one of both machines.
pub(crate) fn address_of(machine: usize) -> Ipv4Addr {
    Ipv4Addr::new(10, 99, 7, 11 + u8::try_from(machine).unwrap())
}

/// A network of its own, kept by a process that does nothing else.
pub(crate) struct Machine {
    keeper: Child,
}

impl Machine {
    /// Starts one that hangs on nothing yet.
    pub(crate) async fn start() -> Self {
        let mut command = Command::new("setpriv");
        command.args(["--pdeathsig", "KILL", "unshare", "--net", "sleep", "3600"]);
        let keeper = command.stdin(Stdio::null()).kill_on_drop(true).spawn().unwrap();
        let machine = Self { keeper };
        let of = |path: String| std::fs::read_link(path).ok();
        let here = of("/proc/self/ns/net".into());
        eventually(
            "the network is apart",
            async || of(machine.namespace()),
            |there| there.is_some() && *there != here,
        )
        .await;
        machine.run("ip", "link set lo up").await;
        machine
    }

    fn pid(&self) -> u32 {
        self.keeper.id().expect("the keeper runs")
    }

    fn namespace(&self) -> String {
        format!("/proc/{}/ns/net", self.pid())
    }

    /// Returns a way to start programs on this machine, for whoever does so later.
    pub(crate) fn way(&self) -> Way {
        Way {
            namespace: self.namespace(),
        }
    }

    /// Prepares a program that will run on this machine, and end with the test.
    pub(crate) fn within(&self, program: &str) -> Command {
        self.way().within(program)
    }

    /// Runs a program on this machine; its arguments are these words.
    pub(crate) async fn run(&self, program: &str, words: &str) {
        let done = self
            .within(program)
            .args(words.split(' '))
            .output()
            .await
            .unwrap();
        let said = String::from_utf8_lossy(&done.stderr);
        assert!(done.status.success(), "{program} {words}: {said}");
    }

    /// Does something in a thread whose sockets are this machine's.
    pub(crate) fn enter<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> JoinHandle<T> {
        let namespace = File::open(self.namespace()).unwrap();
        thread::spawn(move || {
            setns(namespace, CloneFlags::CLONE_NEWNET).unwrap();
            work()
        })
    }
}

/// Tells whether networks of their own can be had here; says why not.
pub(crate) async fn possible() -> bool {
    if tool::found("ip", "iproute2").is_none() {
        return false;
    }
    if !geteuid().is_root() {
        eprintln!("SKIPPED: not here: networks of their own, which need root");
        return false;
    }
    let tried = Command::new("unshare").args(["--net", "true"]).output().await;
    let possible = tried.is_ok_and(|tried| tried.status.success());
    if !possible {
        eprintln!("SKIPPED: not here: networks of their own (unshare --net is refused)");
    }
    possible
}

/// Starts a machine that is nothing but a switch.
pub(crate) async fn new_switch() -> Machine {
    let switch = Machine::start().await;
    switch.run("ip", "link add switch type bridge").await;
    switch.run("ip", "link set switch up").await;
    switch
}

/// Connects a machine to a port of the switch, and gives it an address.
pub(crate) async fn plug(switch: &Machine, machine: &Machine, port: &str, address: Ipv4Addr) {
    let cable = format!("link add eth0 type veth peer name {port} netns {}", switch.pid());
    machine.run("ip", &cable).await;
    switch
        .run("ip", &format!("link set {port} master switch up"))
        .await;
    machine
        .run("ip", &format!("address add {address}/24 dev eth0"))
        .await;
    machine.run("ip", "link set eth0 up").await;
}

/// A way to start programs on a machine, while it is there.
#[derive(Debug, Clone)]
pub(crate) struct Way {
    namespace: String,
}

impl Way {
    /// Prepares a program that will run on the machine, and end with the test.
    pub(crate) fn within(&self, program: &str) -> Command {
        let mut command = Command::new("setpriv");
        let net = format!("--net={}", self.namespace);
        command.args(["--pdeathsig", "KILL", "nsenter", &net, program]);
        command.stdin(Stdio::null()).kill_on_drop(true);
        command
    }

    /// Prepares a program that runs on the machine and sees to its own end.
    pub(crate) fn leading_to(&self, program: &str) -> std::process::Command {
        let mut command = std::process::Command::new("nsenter");
        command.arg(format!("--net={}", self.namespace)).arg(program);
        command
    }

    /// Prepares a whole command to run on the machine; what becomes of its output is still to be said.
    pub(crate) fn wrap(&self, command: &std::process::Command) -> Command {
        let mut wrapped = self.within(command.get_program().to_str().unwrap());
        wrapped.args(command.get_args());
        for (name, value) in command.get_envs() {
            match value {
                Some(value) => wrapped.env(name, value),
                None => wrapped.env_remove(name),
            };
        }
        if let Some(directory) = command.get_current_dir() {
            wrapped.current_dir(directory);
        }
        wrapped
    }
}

/// Two machines, and the switch that they hang on.
pub(crate) struct Machines {
    machines: [Machine; 2],
    switch: Arc<Machine>,
    forwards: JoinSet<()>,
}

impl Machines {
    /// Starts both, or says why that cannot be done here.
    pub(crate) async fn start() -> Option<Self> {
        if !possible().await {
            return None;
        }
        let switch = new_switch().await;
        switch.run("ip", "address add 10.99.7.1/24 dev switch").await;
        let machines = [Machine::start().await, Machine::start().await];
        for (index, machine) in machines.iter().enumerate() {
            plug(&switch, machine, &format!("port{index}"), address_of(index)).await;
        }
        Some(Self {
            machines,
            switch: Arc::new(switch),
            forwards: JoinSet::new(),
        })
    }

    /// Returns one of both.
    pub(crate) fn machine(&self, index: usize) -> &Machine {
        &self.machines[index]
    }

    /// Lets a server that listens at this port of the test's own machine answer at every address of that machine.
    ///
    /// Nobody answers while the server does not.
    pub(crate) fn serve(&mut self, index: usize, port: u16) {
        let bind = || PlainListener::bind((Ipv4Addr::UNSPECIFIED, PORT)).unwrap();
        let listener = self.machines[index].enter(bind).join().unwrap();
        listener.set_nonblocking(true).unwrap();
        let listener = TcpListener::from_std(listener).unwrap();
        self.forwards.spawn(async move {
            let mut carried = JoinSet::new();
            while let Ok((mut client, _)) = listener.accept().await {
                while carried.try_join_next().is_some() {}
                carried.spawn(async move {
                    if let Ok(mut server) = TcpStream::connect((Ipv4Addr::LOCALHOST, port)).await {
                        let _ = copy_bidirectional(&mut client, &mut server).await;
                    }
                });
            }
        });
    }

    /// Returns a port of the test's own machine behind which clients of the network dial this address.
    pub(crate) async fn dial(&mut self, address: IpAddr) -> u16 {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let (switch, to) = (Arc::clone(&self.switch), SocketAddr::new(address, PORT));
        self.forwards.spawn(async move {
            let mut carried = JoinSet::new();
            while let Ok((mut client, _)) = listener.accept().await {
                while carried.try_join_next().is_some() {}
                let dialled = switch.enter(move || PlainStream::connect_timeout(&to, CONNECT));
                carried.spawn(async move {
                    let dialled = spawn_blocking(move || dialled.join().unwrap()).await.unwrap();
                    let Ok(server) = dialled else { return };
                    server.set_nonblocking(true).unwrap();
                    let mut server = TcpStream::from_std(server).unwrap();
                    let _ = copy_bidirectional(&mut client, &mut server).await;
                });
            }
        });
        port
    }

    /// Pulls a machine's cable.
    pub(crate) async fn cut(&self, index: usize) {
        self.switch.run("ip", &format!("link set port{index} down")).await;
    }

    /// Puts it in again.
    pub(crate) async fn mend(&self, index: usize) {
        self.switch.run("ip", &format!("link set port{index} up")).await;
    }
}
