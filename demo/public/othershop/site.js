// Othershop's own script: the chat asks for a login.
document.addEventListener('chatty:loginRequired', () => location.assign('/login'));
