/** For the screen in both lights, down to 400 pixels, and for A4. */
export const STYLE = `
:root{color-scheme:light dark;--ink:#17202a;--soft:#52606d;--paper:#fff;--ground:#f3f5f7;--line:#d5dbe1;--nox:#a8480f;--heat:#1f6f8b;--avg:#17202a;--band:#e9b48c;--limit:#b3261e;--bad:#b3261e;--badbg:#fdecea;--good:#1b6e3c;--goodbg:#e6f4ea;--warn:#8a5a00;--warnbg:#fdf3dc;--on:#1f6f8b;--part:#86bccd;--off:#e8ecef;--gone:#9aa5b1;--lack:#d97706}
@media (prefers-color-scheme:dark){:root{--ink:#e6eaee;--soft:#a6b1bc;--paper:#171c22;--ground:#0e1216;--line:#343d47;--nox:#e58a4e;--heat:#5cb3cf;--avg:#f2f5f7;--band:#6b4326;--limit:#ff8a80;--bad:#ff9d94;--badbg:#3a1917;--good:#7fd6a0;--goodbg:#12301d;--warn:#f2c264;--warnbg:#35290f;--on:#5cb3cf;--part:#2f6274;--off:#252c34;--gone:#6d7986;--lack:#f5a43b}}
*{box-sizing:border-box}
body{margin:0;background:var(--ground);color:var(--ink);font:16px/1.5 system-ui,-apple-system,"Segoe UI",Roboto,"Noto Sans",sans-serif;font-variant-numeric:tabular-nums}
main{max-width:1040px;margin:0 auto;padding:28px 20px 48px}
h1{font-size:1.9rem;line-height:1.2;margin:.1em 0 .2em;letter-spacing:-.01em}
h2{font-size:1.3rem;margin:2.2em 0 .6em;padding-bottom:.25em;border-bottom:2px solid var(--ink)}
h3{font-size:1.02rem;margin:1.5em 0 .4em}
p{margin:.4em 0}
.over-title{color:var(--soft);font-size:.95rem;margin:0}
.soft{color:var(--soft)}
.small{font-size:.875rem}
.badge{display:inline-block;padding:.1em .6em;border-radius:1em;font-size:.875rem;font-weight:600;border:1px solid currentColor;white-space:nowrap}
.good{color:var(--good);background:var(--goodbg)}
.warn{color:var(--warn);background:var(--warnbg)}
.bad{color:var(--bad);background:var(--badbg)}
.box{border:1px solid var(--line);border-left:5px solid var(--soft);background:var(--paper);border-radius:6px;padding:.7em 1em;margin:1em 0}
.box.warn{border-color:var(--warn);color:var(--ink)}
.box.good{border-color:var(--good);color:var(--ink)}
.box h2,.box h3{margin:.1em 0 .3em;border:0;padding:0;font-size:1.05rem}
.box ul{margin:.3em 0;padding-left:1.2em}
.cards{display:grid;grid-template-columns:repeat(auto-fit,minmax(160px,1fr));gap:12px;margin:1.2em 0;padding:0;list-style:none}
.cards li{background:var(--paper);border:1px solid var(--line);border-radius:8px;padding:.8em 1em}
.cards b{display:block;font-size:1.5rem;line-height:1.25;letter-spacing:-.01em}
.cards b span{font-size:.9rem;font-weight:500;color:var(--soft);letter-spacing:0}
.cards b.none{font-size:1.05rem}
.scroll{overflow-x:auto;border:1px solid var(--line);border-radius:8px;background:var(--paper);margin:.6em 0}
.scroll:focus-visible{outline:2px solid var(--heat);outline-offset:2px}
table{border-collapse:collapse;width:100%;font-size:.92rem}
caption{text-align:left;padding:.6em .8em .2em;color:var(--soft);font-size:.875rem}
th,td{padding:.45em .8em;text-align:right;vertical-align:top;border-top:1px solid var(--line)}
thead th{border-top:0;color:var(--soft);font-weight:600;font-size:.82rem;vertical-align:bottom}
th:first-child,td.text,th.text{text-align:left}
td.text{min-width:11em}
td small{display:block;color:var(--soft);line-height:1.35}
.source{background:var(--paper);border:1px solid var(--line);border-radius:10px;padding:4px 20px 16px;margin:20px 0}
.source>h2{border:0;margin:.7em 0 .2em;padding:0}
.charts{display:grid;grid-template-columns:1fr;gap:6px 28px}
@media (min-width:860px){.charts{grid-template-columns:1fr 1fr}.charts .strip,.charts .rate{grid-column:1/-1}}
.chart{margin:.8em 0 .4em;min-width:0}
figcaption{font-size:.92rem;margin-bottom:.35em}
.plot{display:grid;grid-template-columns:3.6em minmax(0,1fr);gap:.5em}
.y{display:flex;flex-direction:column;justify-content:space-between;text-align:right;color:var(--soft);font-size:.75rem;line-height:1}
.plot svg{width:100%;height:130px;display:block;overflow:visible;background:transparent}
.rate svg{height:170px}
.strip svg{height:110px;background:var(--off)}
.x{display:grid;margin-left:4.1em;color:var(--soft);font-size:.75rem;padding-top:.2em}
.legend{margin:.25em 0 0 4.1em;color:var(--soft);font-size:.8rem;display:flex;flex-wrap:wrap;gap:.1em 1.2em}
.key{display:inline-flex;align-items:center;gap:.45em}
.key i{width:14px;height:10px;display:inline-block;flex:none}
path{vector-effect:non-scaling-stroke}
.grid{stroke:var(--line);fill:none}
.axis{stroke:var(--soft);fill:none}
.nox .bar{fill:var(--nox)}.heat .bar{fill:var(--heat)}
.nox i.bar{background:var(--nox)}.heat i.bar{background:var(--heat)}
path.band{fill:var(--band)}i.band{background:var(--band)}
path.average{stroke:var(--avg);stroke-width:1.8;fill:none}i.average{height:0;border-top:2px solid var(--avg)}
path.limit{stroke:var(--limit);stroke-width:2;stroke-dasharray:7 4;fill:none}i.limit{height:0;border-top:2px dashed var(--limit)}
path.over{fill:var(--bad)}i.over{width:0;height:0;border:6px solid transparent;border-top:9px solid var(--bad);border-bottom:0}
path.missing{fill:var(--lack);stroke:var(--paper);stroke-width:.6}i.missing{width:0;height:0;border:6px solid transparent;border-bottom:9px solid var(--lack);border-top:0}
path.on{fill:var(--on)}i.on{background:var(--on)}
path.part{fill:var(--part)}i.part{background:linear-gradient(135deg,var(--part) 50%,var(--off) 50%)}
path.lack{fill:var(--lack);stroke:var(--lack);stroke-width:2}i.lack{background:var(--lack);outline:2px solid var(--lack)}
i.off{background:var(--off);border:1px solid var(--line)}
path.gone{fill:var(--gone)}i.gone{background:repeating-linear-gradient(45deg,var(--gone) 0 3px,var(--paper) 3px 5px)}
.periods{margin:.2em 0;padding-left:1.2em;columns:17em;font-size:.9rem}
.none-line{color:var(--soft)}
dl.facts{display:grid;grid-template-columns:minmax(9em,max-content) minmax(0,1fr);gap:.25em 1.2em;margin:.5em 0}
dl.facts dt{color:var(--soft)}
dl.facts dd{margin:0;overflow-wrap:anywhere}
code{font:.85em ui-monospace,SFMono-Regular,Menlo,Consolas,monospace;overflow-wrap:anywhere}
details summary{cursor:pointer;padding:.4em 0;color:var(--heat)}
footer{margin-top:2.5em;color:var(--soft);font-size:.875rem}
@media (max-width:520px){main{padding:18px 12px 36px}h1{font-size:1.5rem}.source{padding:2px 12px 12px}.cards{grid-template-columns:1fr 1fr;gap:8px}.cards li{padding:.6em .7em}.cards b{font-size:1.2rem}.plot{grid-template-columns:2.9em minmax(0,1fr)}.x,.legend{margin-left:3.4em}dl.facts{grid-template-columns:1fr}dl.facts dd{margin-bottom:.4em}th,td{padding:.4em .5em}}
@page{size:A4;margin:14mm 13mm}
@media print{:root{color-scheme:light;--ink:#000;--soft:#444;--paper:#fff;--ground:#fff;--line:#bbb;--nox:#a8480f;--heat:#1f6f8b;--avg:#000;--band:#e9b48c;--limit:#b3261e;--bad:#b3261e;--badbg:#fff;--good:#1b6e3c;--goodbg:#fff;--warn:#8a5a00;--warnbg:#fff;--on:#1f6f8b;--part:#86bccd;--off:#eceff1;--gone:#9aa5b1;--lack:#d97706}
body{font-size:10pt;background:#fff;-webkit-print-color-adjust:exact;print-color-adjust:exact}
main{max-width:none;padding:0}
.source{border:0;padding:0;margin:0;break-before:page}
.scroll{overflow:visible;border-radius:0}
table{font-size:8.5pt}
h2,h3{break-after:avoid}
figure,tr,.cards li,.box{break-inside:avoid}
.charts{grid-template-columns:1fr 1fr}.charts .strip,.charts .rate{grid-column:1/-1}
.plot svg{height:26mm}.rate svg{height:36mm}.strip svg{height:24mm}
details{display:none}}
`;
