declare module 'afd' {
  interface Detector {
    report(when: number): void;
    phi(when: number): number;
  }
  export default function afd(windowSize: number, last: number): Detector;
}

declare module 'adaptive-accrual-failure-detector' {
  export class FailureDetector {
    constructor(options?: { readonly sampleSize?: number });
    registerHeartbeat(timestamp: number): void;
    calculateFailureProbability(timestamp: number): number;
    checkFailure(timestamp: number): boolean;
  }
}
