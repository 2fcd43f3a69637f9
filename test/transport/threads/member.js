// Worker threads do not inherit what lets the main thread run TypeScript.
import { register } from 'tsx/esm/api';

register();
await import('./member-thread.js');
