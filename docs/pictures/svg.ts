import { writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const SANS = 'font-family="system-ui, sans-serif"';
const MONO = 'font-family="ui-monospace, monospace"';

/** How a piece of text looks. */
export interface TextStyle {
  readonly size?: number;
  readonly anchor?: 'start' | 'middle' | 'end';
  readonly color?: string;
  readonly bold?: boolean;
  readonly mono?: boolean;
  /** Degrees, clockwise, around its place. */
  readonly turn?: number;
}

/** A picture in the making. Coordinates are pixels from the upper left corner. */
export class Picture {
  readonly #parts: string[] = [];
  readonly #width: number;
  readonly #height: number;
  readonly #title: string;

  constructor(width: number, height: number, title: string) {
    this.#width = width;
    this.#height = height;
    this.#title = title;
  }

  text(x: number, y: number, content: string, style: TextStyle = {}): void {
    const { size = 13, anchor = 'start', color = '#1f2328', bold = false, mono = false, turn = 0 } = style;
    const weight = bold ? ' font-weight="600"' : '';
    const turned = turn === 0 ? '' : ` transform="rotate(${turn.toFixed(2)} ${x} ${y})"`;
    const font = `${mono ? MONO : SANS} font-size="${size}"`;
    this.#parts.push(
      `<text x="${x}" y="${y}" ${font} text-anchor="${anchor}" fill="${color}"${weight}${turned}>${escape(content)}</text>`,
    );
  }

  box(x: number, y: number, width: number, height: number, fill = '#f6f8fa', stroke = '#8c959f'): void {
    const place = `x="${x}" y="${y}" width="${width}" height="${height}"`;
    this.#parts.push(`<rect ${place} rx="6" fill="${fill}" stroke="${stroke}"/>`);
  }

  /** A line through points, with a head at its end when it is an arrow. */
  line(points: readonly (readonly [number, number])[], style: { arrow?: boolean; color?: string; dash?: string } = {}) {
    const { arrow = false, color = '#57606a', dash } = style;
    const path = points.map(([x, y]) => `${x},${y}`).join(' ');
    const head = arrow ? ' marker-end="url(#head)"' : '';
    const dashes = dash === undefined ? '' : ` stroke-dasharray="${dash}"`;
    this.#parts.push(`<polyline points="${path}" fill="none" stroke="${color}" stroke-width="1.4"${dashes}${head}/>`);
  }

  /** Writes the picture beside the program that draws it. */
  save(name: string): void {
    const size = `width="${this.#width}" height="${this.#height}" viewBox="0 0 ${this.#width} ${this.#height}"`;
    const svg = [
      `<svg xmlns="http://www.w3.org/2000/svg" ${size} role="img">`,
      `<title>${escape(this.#title)}</title>`,
      '<defs><marker id="head" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="8" markerHeight="8" orient="auto">',
      '<path d="M0,0.5 L8,4 L0,7.5 z" fill="#57606a"/></marker></defs>',
      `<rect width="${this.#width}" height="${this.#height}" fill="#ffffff"/>`,
      ...this.#parts,
      '</svg>',
      '',
    ];
    writeFileSync(fileURLToPath(new URL(name, import.meta.url)), svg.join('\n'));
  }
}

function escape(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}
