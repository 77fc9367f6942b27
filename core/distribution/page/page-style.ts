/**
 * Owns how the pages look, and the policy that allows nothing but this style: one column that fits 320 pixels and any zoom, the reader's
 * own fonts and colour scheme, and nothing that moves.
 */
import { createHash } from 'node:crypto';

export const PAGE_STYLE = `
:root{color-scheme:light dark;--page:#f6f7f7;--card:#fff;--ink:#1a2126;--soft:#55616a;--line:#d9dfe2;--code:#eef2f3;--accent:#0b6170;--get:#0b6170;--got:#084c58;--note:#fdf3dc;--note-line:#d9b25f;
font:100%/1.55 system-ui,-apple-system,"Segoe UI",Roboto,"Noto Sans",sans-serif}
@media (prefers-color-scheme:dark){:root{--page:#101417;--card:#181e22;--ink:#e7ecee;--soft:#a7b3ba;--line:#2f3940;--code:#0f1417;--accent:#74d0de;--get:#136c7b;--got:#17808f;--note:#2b2413;--note-line:#8a6d28}}
*{box-sizing:border-box}
html{-webkit-text-size-adjust:100%;text-size-adjust:100%}
body{margin:0;background:var(--page);color:var(--ink);overflow-wrap:anywhere}
header,main,footer{max-width:46rem;margin-inline:auto;padding-inline:1.25rem}
header{padding-block:2.75rem 1.5rem}
h1{font-size:clamp(1.75rem,1.3rem + 2vw,2.5rem);line-height:1.15;letter-spacing:-.02em;margin:0;text-wrap:balance}
h1 span{color:var(--soft);font-weight:400}
h2{font-size:1.3rem;line-height:1.25;margin:0}
h3{font-size:1rem;line-height:1.35;margin:0}
p{margin:.5rem 0 0}
a{color:var(--accent);text-underline-offset:.15em}
a:hover{text-decoration-thickness:2px}
:focus-visible{outline:3px solid var(--accent);outline-offset:3px;border-radius:.25rem}
.by,.soft,dt,footer{color:var(--soft)}
.about{font-size:1.1rem;max-width:38rem}
.terms{display:flex;flex-wrap:wrap;gap:.25rem 1.25rem;margin-top:1rem;padding:0;list-style:none}
.card,.note{background:var(--card);border:1px solid var(--line);border-radius:.9rem;padding:1.5rem;margin-bottom:1rem}
.note{background:var(--note);border-color:var(--note-line);padding:1rem 1.25rem}
.note p{margin:0}
.note p+p{margin-top:.5rem}
.eyebrow{margin:0 0 .15rem;color:var(--soft);font-size:.9rem}
.files{display:grid;gap:1.25rem;margin-top:1.1rem}
.get{display:flex;align-items:center;gap:.9rem;padding:.85rem 1.1rem;border:1px solid transparent;border-radius:.65rem;background:var(--get);color:#fff;text-decoration:none}
.get:hover{background:var(--got)}
.get b,.get small{display:block}
.get small{font-size:.875rem;font-weight:400}
.get svg{flex:none;width:1.5rem;height:1.5rem}
.used{padding:.85rem 1.1rem;border:1px dashed var(--soft);border-radius:.65rem;color:var(--soft);margin:0}
dl{display:grid;grid-template-columns:minmax(6rem,max-content) minmax(0,1fr);gap:.3rem 1.1rem;margin:.9rem 0 0;font-size:.95rem}
dd{margin:0}
dd p{margin:0}
code{font-family:ui-monospace,SFMono-Regular,Menlo,Consolas,"DejaVu Sans Mono",monospace;font-size:.875em}
dd code{user-select:all;-webkit-user-select:all}
.type{position:relative;margin:.6rem 0 0;padding:.7rem .9rem;border:1px solid var(--line);border-radius:.6rem;background:var(--code)}
.title{font-weight:600;margin:0}
.type figcaption{font-size:.8rem;color:var(--soft)}
.type pre{margin:.1rem 0 0;white-space:pre-wrap;word-break:break-all;user-select:all;-webkit-user-select:all}
.more{border-top:1px solid var(--line);margin-top:1.5rem;padding-top:1.25rem}
ol.steps{list-style:none;counter-reset:step;margin:0;padding:0}
ol.steps>li{counter-increment:step;position:relative;padding-left:2.4rem;margin-top:1.25rem}
.more>ol.steps:first-child>li:first-child{margin-top:0}
ol.steps>li::before{content:counter(step);position:absolute;left:0;top:-.05rem;width:1.6rem;height:1.6rem;border:1px solid var(--line);border-radius:50%;text-align:center;font-size:.85rem;line-height:1.5rem;color:var(--soft)}
main>h2{margin:2.25rem 0 1rem}
details{margin-top:.75rem}
details+details{margin-top:.1rem}
.more>details:first-child{margin-top:0}
summary{cursor:pointer;color:var(--accent);padding:.3rem 0}
summary:hover{text-decoration:underline}
details>:last-child{margin-bottom:.25rem}
.row{display:flex;flex-wrap:wrap;gap:.1rem 1rem;align-items:baseline;justify-content:space-between}
.row a,.row b{padding-block:.2rem}
footer{padding-block:1rem 3rem;font-size:.925rem}
@media (max-width:30rem){header{padding-block:1.75rem 1.1rem}header,main,footer{padding-inline:.9rem}.card{padding:1.1rem}dl{grid-template-columns:minmax(0,1fr);gap:0}dd{margin-bottom:.5rem}ol.steps>li{padding-left:0}ol.steps>li::before{position:static;display:inline-block;margin-right:.5rem}ol.steps .title{display:inline}}
@media (forced-colors:active){.get{border-color:LinkText}.card,.note,.type{border-color:CanvasText}}
@media print{:root{--page:#fff;--card:#fff;--ink:#000;--soft:#333;--code:#fff;--accent:#000}.get{border-color:#000;background:none;color:#000}.card{break-inside:avoid-page}details::details-content{content-visibility:visible;block-size:auto}}
`;

/**
 * The style is allowed by its digest, and the empty icon, for which no browser asks the gate then; nothing else is, not even from the gate
 * itself. A link that is clicked needs no permission.
 */
export const PAGE_SECURITY_POLICY = [
  "default-src 'none'",
  `style-src 'sha256-${createHash('sha256').update(PAGE_STYLE).digest('base64')}'`,
  'img-src data:',
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join('; ');
