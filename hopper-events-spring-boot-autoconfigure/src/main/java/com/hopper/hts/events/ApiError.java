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
package com.hopper.hts.events;

import java.io.Serializable;
import java.util.Map;

import org.jspecify.annotations.Nullable;

import org.springframework.util.Assert;

/**
 * One of the {@code errors} that the API lists when it refuses a request with {@code 400}
 * or {@code 422}. Where the API repeats a value of the request, the value is replaced by
 * {@code ***}.
 *
 * @param message what is wrong
 * @param code the API's code of the error, or {@code null} if it gave none
 * @param messages further texts by name, usually the name of a field; unmodifiable, empty
 * if it gave none
 * @since 0.1.0
 */
public record ApiError(String message, @Nullable String code, Map<String, String> messages) implements Serializable {

	/**
	 * Create an instance.
	 * @param message what is wrong
	 * @param code the API's code of the error, or {@code null}
	 * @param messages further texts by name
	 */
	public ApiError {
		Assert.notNull(message, "'message' must not be null");
		messages = Map.copyOf(messages);
	}

}
