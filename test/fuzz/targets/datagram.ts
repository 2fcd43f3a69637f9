import { isNodeId } from '../../../src/core/index.js';
import { isChannelName } from '../../../src/transport/port.js';
import { encodeDatagram, parseDatagram } from '../../../src/transport/udp/datagram.js';
import { ensure, ensureSame, type Target } from '../target.js';

/** Datagrams of the UDP transport. */
export const datagram: Target = {
  name: 'datagram',
  valid(random) {
    const [cluster, from, to, channel] = [
      random.oneIn(8) ? 'zw\u00f6lf' : random.name(),
      random.name(),
      random.name(),
      random.name(),
    ];
    return new Uint8Array(
      encodeDatagram({ cluster, from, to, channel, tagged: random.oneIn(3) }, random.bytes(random.length(20))),
    );
  },
  check(input) {
    const parsed = parseDatagram(Buffer.from(input.buffer, input.byteOffset, input.length));
    if (typeof parsed === 'string') return 'rejected';
    const { body, ...header } = parsed;
    ensure(isNodeId(header.from) && isNodeId(header.to) && isChannelName(header.channel), 'names are valid');
    ensure(body.length <= input.length, 'a body is a part of the datagram');
    const again = parseDatagram(encodeDatagram(header, body));
    ensureSame('parsed, encoded, parsed', parsed, again);
    return 'accepted';
  },
};
