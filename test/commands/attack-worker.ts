/* All attacks at once, as a process: `attack-worker ADDRESS`. Tells the parent now and then what it did. */
import { Attacker } from '../attacks/attacker.js';
import { attacks } from '../attacks/attacks.js';

const [, , address] = process.argv;
const running = Object.entries(attacks).map(([name, attack]) => {
  const attacker = new Attacker(name.replaceAll(' ', '-'), address!);
  void attack(attacker);
  return { name, attacker };
});
process.on('message', () => {
  process.send?.(Object.fromEntries(running.map(({ name, attacker }) => [name, attacker.count])));
});
process.on('disconnect', () => process.exit());
