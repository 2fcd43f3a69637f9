import { minimise } from '../fuzz/minimise.js';
import { fuzzBlock, type Block } from '../fuzz/run.js';
import { targets } from '../fuzz/targets/index.js';

/** A block of inputs of one decoder. */
export interface FuzzBlock extends Block {
  readonly decoder: string;
}

/** What came of a {@link FuzzBlock}. */
export interface FuzzBlockResult {
  readonly inputs: number;
  readonly rejected: number;
  /** The first finding: its input, made small, in hexadecimal; `null` when there was none. */
  readonly finding: { readonly input: string; readonly message: string } | null;
}

/** More memory than this after a block means that something is kept, or was taken without a bound. */
const MAX_RESIDENT_BYTES = 1 << 30;

async function run(block: FuzzBlock): Promise<FuzzBlockResult> {
  const target = targets.get(block.decoder)!;
  const { inputs, rejected, finding } = await fuzzBlock(target, block);
  if (finding !== null) {
    const input = Buffer.from(await minimise(target, finding.input)).toString('hex');
    return { inputs, rejected, finding: { input, message: finding.message } };
  }
  const resident = process.memoryUsage.rss();
  if (resident <= MAX_RESIDENT_BYTES) return { inputs, rejected, finding: null };
  const message = `${resident} bytes are resident after the inputs ${block.first} to ${block.first + block.count - 1}`;
  return { inputs, rejected, finding: { input: '', message } };
}

Error.stackTraceLimit = 0; // most inputs are refused by an error whose stack nobody reads
process.on('message', (block: FuzzBlock) => void run(block).then((result) => process.send?.(result)));
process.on('disconnect', () => process.exit());
