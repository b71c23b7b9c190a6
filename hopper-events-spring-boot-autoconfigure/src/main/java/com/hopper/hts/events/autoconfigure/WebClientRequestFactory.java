/*
 * Copyright 2026-present the original author or authors.
 *
 * Licensed under the Apache License, Version 2.0 (the "License");
 * you may not use this file except in compliance with the License.
 * You may obtain a copy of the License at
 *
 *      https://www.apache.org/licenses/LICENSE-2.0
 *
 * Unless required by applicable law or agreed to in writing, software
 * distributed under the License is distributed on an "AS IS" BASIS,
 * WITHOUT WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied.
 * See the License for the specific language governing permissions and
 * limitations under the License.
 */
package com.hopper.hts.events.autoconfigure;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.URI;
import java.util.function.Supplier;

import com.hopper.hts.events.http.AttemptFailure;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Schedulers;

import org.springframework.core.io.buffer.DataBufferUtils;
import org.springframework.http.HttpHeaders;
import org.springframework.http.HttpMethod;
import org.springframework.http.HttpStatus;
import org.springframework.http.HttpStatusCode;
import org.springframework.http.client.AbstractClientHttpRequest;
import org.springframework.http.client.ClientHttpRequest;
import org.springframework.http.client.ClientHttpRequestFactory;
import org.springframework.http.client.ClientHttpResponse;
import org.springframework.util.Assert;
import org.springframework.web.reactive.function.BodyExtractors;
import org.springframework.web.reactive.function.client.ClientResponse;
import org.springframework.web.reactive.function.client.WebClient;

/**
 * Sends the requests of a {@code RestClient} with a {@link WebClient}, so that both are
 * signed, connected and observed in one way. The calling thread waits, which an event
 * loop must not.
 */
final class WebClientRequestFactory implements ClientHttpRequestFactory {

	private final Supplier<WebClient> webClient;

	WebClientRequestFactory(Supplier<WebClient> webClient) {
		this.webClient = webClient;
	}

	@Override
	public ClientHttpRequest createRequest(URI uri, HttpMethod method) {
		return new Request(uri, method);
	}

	private final class Request extends AbstractClientHttpRequest {

		private final URI uri;

		private final HttpMethod method;

		private final ByteArrayOutputStream body = new ByteArrayOutputStream();

		Request(URI uri, HttpMethod method) {
			this.uri = uri;
			this.method = method;
		}

		@Override
		public URI getURI() {
			return this.uri;
		}

		@Override
		public HttpMethod getMethod() {
			return this.method;
		}

		@Override
		protected OutputStream getBodyInternal(HttpHeaders headers) {
			return this.body;
		}

		@Override
		protected ClientHttpResponse executeInternal(HttpHeaders headers) throws IOException {
			if (Schedulers.isInNonBlockingThread()) {
				throw new IllegalStateException("hopperRestClient must not be called on thread '"
						+ Thread.currentThread().getName() + "': it serves other requests and must never wait. "
						+ "Use hopperWebClient, or move the call to another thread, for example with "
						+ "Mono.fromCallable(...).subscribeOn(Schedulers.boundedElastic())");
			}
			byte[] bytes = this.body.toByteArray();
			WebClient.RequestBodySpec request = WebClientRequestFactory.this.webClient.get()
				.method(this.method)
				.uri(this.uri)
				.headers((target) -> target.putAll(headers));
			if (bytes.length > 0) {
				request.body((output, context) -> {
					output.getHeaders().setContentLength(bytes.length);
					return output.writeWith(Mono.fromSupplier(() -> output.bufferFactory().wrap(bytes)));
				});
			}
			try {
				Response response = request.exchangeToMono(Response::read).block();
				Assert.state(response != null, "The request ended without an answer");
				return response;
			}
			catch (RuntimeException ex) {
				// Exceptions of WebClient carry the headers of the request, and with them
				// the token
				Throwable cause = AttemptFailure.withoutRequest(ex);
				throw (cause instanceof IOException failure) ? failure
						: new IOException(String.valueOf((cause != null) ? cause.getMessage() : null), cause);
			}
		}

	}

	/**
	 * An answer that was read to its end, so that it holds no connection.
	 */
	private static final class Response implements ClientHttpResponse {

		private final HttpStatusCode status;

		private final HttpHeaders headers;

		private final byte[] bytes;

		private Response(HttpStatusCode status, HttpHeaders headers, byte[] bytes) {
			this.status = status;
			this.headers = headers;
			this.bytes = bytes;
		}

		static Mono<Response> read(ClientResponse response) {
			return DataBufferUtils.join(response.body(BodyExtractors.toDataBuffers())).map((buffer) -> {
				byte[] bytes = new byte[buffer.readableByteCount()];
				buffer.read(bytes);
				DataBufferUtils.release(buffer);
				return bytes;
			})
				.defaultIfEmpty(new byte[0])
				.map((bytes) -> new Response(response.statusCode(), response.headers().asHttpHeaders(), bytes));
		}

		@Override
		public HttpStatusCode getStatusCode() {
			return this.status;
		}

		@Override
		public String getStatusText() {
			// WebClient does not tell the text of the server
			HttpStatus known = HttpStatus.resolve(this.status.value());
			return (known != null) ? known.getReasonPhrase() : "";
		}

		@Override
		public HttpHeaders getHeaders() {
			return this.headers;
		}

		@Override
		public InputStream getBody() {
			return new ByteArrayInputStream(this.bytes);
		}

		@Override
		public void close() {
		}

	}

}
