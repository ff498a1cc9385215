// Kimpga's own script: the chat asks for a login, and the sample prices breathe a little.
document.addEventListener('chatty:loginRequired', () => location.assign('/login'));

const rows = [...document.querySelectorAll('tr[data-price]')];
const calm = matchMedia('(prefers-reduced-motion: reduce)');

function drift() {
  const row = rows[Math.floor(Math.random() * rows.length)];
  if (!row || calm.matches || document.hidden) return;
  const price = Number(row.dataset.price) * (1 + (Math.random() - 0.5) / 500);
  const digits = price < 1000 ? 1 : 0;
  row.querySelector('.price').textContent = price.toLocaleString('ko-KR', {
    minimumFractionDigits: digits,
    maximumFractionDigits: digits,
  });
}

if (rows.length > 0) setInterval(drift, 900);
