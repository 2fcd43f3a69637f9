import { Authority } from '../transport/certificates.js';
import { tcp, tls } from '../transport/stream-bench.js';
import { attackSuite } from './stream-attacks.js';

attackSuite('tcp', tcp);
attackSuite('tls', tls(await Authority.create('an authority')));
