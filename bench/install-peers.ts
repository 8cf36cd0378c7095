// Installs the peers of bench/peers.txt into virtual environments below .cache/bench/peers. What does not install is
// reported, here and in the results. `PYTHON` names the interpreter (python3); arguments name some of them.
//
//   node bench/install-peers.ts [name]...
import { installPeers } from "./harness/peer-environments.ts";

installPeers(process.argv.slice(2), (line) => console.log(line));
